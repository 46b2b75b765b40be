/* SPDX-License-Identifier: MIT */
/* Listening: what is left behind, who is served, which families come in. */

#include "loop_fixture.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include "net/listener.h"

struct fixture {
	char directory[64];
	char path[96];
	char text[112]; /* "unix:" and the path */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->directory, "/tmp/wsrelayd-listener-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->path, sizeof(f->path), "%s/s", f->directory);
	snprintf(f->text, sizeof(f->text), "unix:%s", f->path);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	(void)unlink(f->path);
	assert_int_equal(rmdir(f->directory), 0);
	free(f);
	return 0;
}

static int open_with(const char *text, uint32_t mode, bool v6_only, int *ret_fd)
{
	struct address address;
	const struct listener_options options = { .address = &address,
						  .mode = mode,
						  .v6_only = v6_only };

	assert_int_equal(address_parse_listen(slice_of(text), &address), 0);
	return listener_open(&options, ret_fd);
}

static int open_at(const char *text)
{
	int fd = -1;

	assert_int_equal(open_with(text, 0600, false, &fd), 0);
	return fd;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static mode_t mode_of(const char *path)
{
	struct stat file;

	assert_int_equal(stat(path, &file), 0);
	return file.st_mode & 0777;
}

static void test_mode_whatever_the_umask(void **state)
{
	static const uint32_t modes[] = { 0600, 0660, 0666, 0777 };
	struct fixture *f = *state;
	mode_t before = umask(0077);

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		int fd;

		assert_int_equal(open_with(f->text, modes[i], false, &fd), 0);
		assert_int_equal(mode_of(f->path), modes[i]);
		listener_close(fd);
	}
	umask(before);
}

static void test_mode_changes(void **state)
{
	struct fixture *f = *state;
	int fd = open_at(f->text);
	int inet = open_at("127.0.0.1:0");

	assert_int_equal(listener_set_mode(fd, 0644), 0);
	assert_int_equal(mode_of(f->path), 0644);
	assert_int_equal(listener_set_mode(inet, 0644), 0);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(listener_set_mode(fd, 0600), -ENOENT);
	listener_close(inet);
	listener_close(fd);
}

static void test_path_is_removed_at_close(void **state)
{
	struct fixture *f = *state;
	int fd = open_at(f->text);

	assert_true(exists(f->path));
	listener_close(fd);
	assert_false(exists(f->path));
}

/* As a daemon that was killed leaves it. */
static void test_stale_socket_is_replaced(void **state)
{
	struct fixture *f = *state;

	close(open_at(f->text));
	assert_true(exists(f->path));
	listener_close(open_at(f->text));
	assert_false(exists(f->path));
}

static void test_served_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	int served = open_at(f->text);
	int fd = -1;

	assert_int_equal(open_with(f->text, 0600, false, &fd), -EADDRINUSE);
	assert_int_equal(fd, -1);
	assert_true(exists(f->path));
	listener_close(served);
}

/* A socket whose queue is full is served all the same. */
static void test_busy_socket_is_left_alone(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int busy = open_at(f->text);
	int fd = -1;
	int waiting[2];

	assert_int_equal(listen(busy, 0), 0);
	memcpy(name.sun_path, f->path, strlen(f->path));
	for (int i = 0; i < 2; i++) {
		waiting[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(waiting[i], (struct sockaddr *)&name,
			       sizeof(name));
	}
	assert_int_equal(open_with(f->text, 0600, false, &fd), -EADDRINUSE);
	close(waiting[0]);
	close(waiting[1]);
	listener_close(busy);
}

/* Another daemon has taken the path: it keeps it. */
static void test_path_of_another_stays(void **state)
{
	struct fixture *f = *state;
	int fd = open_at(f->text);
	int other;

	assert_int_equal(unlink(f->path), 0);
	other = open_at(f->text);
	listener_close(fd);
	assert_true(exists(f->path));
	listener_close(other);
	assert_false(exists(f->path));
}

static void test_a_file_is_not_removed(void **state)
{
	struct fixture *f = *state;
	FILE *file = fopen(f->path, "w");
	int fd = -1;

	assert_non_null(file);
	fclose(file);
	assert_int_equal(open_with(f->text, 0600, false, &fd), -EADDRINUSE);
	assert_true(exists(f->path));
}

static void test_no_such_directory(void **unused)
{
	int fd = -1;

	(void)unused;
	assert_int_equal(open_with("unix:/nonexistent/s", 0600, false, &fd),
			 -ENOENT);
}

/* The port that `fd` was given, as text to listen on or connect to. */
static const char *port_text(int fd, const char *host, char text[64])
{
	struct sockaddr_any address;
	unsigned port;

	listener_address(fd, &address);
	port = ntohs(address.sa.sa_family == AF_INET ? address.in.sin_port :
						       address.in6.sin6_port);
	assert_int_not_equal(port, 0);
	snprintf(text, 64, "%s:%u", host, port);
	return text;
}

static void test_port_in_use(void **unused)
{
	int first = open_at("127.0.0.1:0");
	char text[64];
	int fd = -1;

	(void)unused;
	port_text(first, "127.0.0.1", text);
	assert_int_equal(open_with(text, 0, false, &fd), -EADDRINUSE);
	listener_close(first);
	listener_close(open_at(text)); /* at once: SO_REUSEADDR */
}

/* Connects to `text`; the connection is to be closed. */
static int connect_to(const char *text)
{
	struct address address;
	int fd;

	assert_int_equal(address_parse(slice_of(text), &address), 0);
	fd = socket(address.socket.sa.sa_family, SOCK_STREAM, 0);
	if (connect(fd, &address.socket.sa, address.socket.len)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Accepts a connection made from `host`; its peer as text. */
static void check_accept(int listener, const char *host, const char *peer)
{
	char text[ADDRESS_TEXT_MAX];
	struct sockaddr_any address;
	int client = connect_to(port_text(listener, host, text));
	int taken = listener_accept(listener, &address);

	assert_true(client >= 0);
	assert_true(taken >= 0);
	assert_true(recv(taken, text, 1, 0) < 0 && errno == EAGAIN);
	address_format(&address, text);
	assert_memory_equal(text, peer, strlen(peer));
	close(taken);
	close(client);
}

static void test_dual_stack(void **unused)
{
	int fd = open_at("[::]:0");

	(void)unused;
	check_accept(fd, "127.0.0.1", "127.0.0.1:");
	check_accept(fd, "[::1]", "[::1]:");
	listener_close(fd);
}

static void test_v6_only(void **unused)
{
	char text[64];
	int fd = -1;

	(void)unused;
	assert_int_equal(open_with("[::]:0", 0, true, &fd), 0);
	check_accept(fd, "[::1]", "[::1]:");
	assert_int_equal(connect_to(port_text(fd, "127.0.0.1", text)), -1);
	listener_close(fd);
}

static void test_unix_peer_has_no_name(void **state)
{
	struct fixture *f = *state;
	int fd = open_at(f->text);
	int client = connect_to(f->text);
	struct sockaddr_any peer;
	int taken = listener_accept(fd, &peer);

	assert_true(taken >= 0);
	assert_int_equal(peer.sa.sa_family, AF_UNIX);
	close(taken);
	close(client);
	listener_close(fd);
}

static void test_abstract_name(void **unused)
{
	int fd = open_at("unix:@wsr-test-listener");
	int second = -1;

	(void)unused;
	assert_int_equal(listener_set_mode(fd, 0600), 0);
	assert_int_equal(open_with("unix:@wsr-test-listener", 0, false,
				   &second),
			 -EADDRINUSE);
	close(connect_to("unix:@wsr-test-listener"));
	listener_close(fd);
}

static void test_accept_fails(void **unused)
{
	int fd = open_at("127.0.0.1:0");
	struct sockaddr_any peer;
	struct rlimit before;
	struct rlimit none;
	char text[64];
	int client;

	(void)unused;
	assert_int_equal(listener_accept(fd, &peer), -EAGAIN);
	client = connect_to(port_text(fd, "127.0.0.1", text));
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(listener_accept(fd, &peer), -EMFILE);
	assert_int_equal(open_with("127.0.0.1:0", 0, false, &client), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	close(client);
	listener_close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mode_whatever_the_umask),
		TEST(test_mode_changes),
		TEST(test_path_is_removed_at_close),
		TEST(test_stale_socket_is_replaced),
		TEST(test_served_socket_is_left_alone),
		TEST(test_busy_socket_is_left_alone),
		TEST(test_path_of_another_stays),
		TEST(test_a_file_is_not_removed),
		cmocka_unit_test(test_no_such_directory),
		cmocka_unit_test(test_port_in_use),
		cmocka_unit_test(test_dual_stack),
		cmocka_unit_test(test_v6_only),
		TEST(test_unix_peer_has_no_name),
		cmocka_unit_test(test_abstract_name),
		cmocka_unit_test(test_accept_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
