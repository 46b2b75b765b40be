dnl SPDX-License-Identifier: MIT
dnl Asking the compiler and the linker which options they know.

dnl WSR_TRY_CFLAGS(VARIABLE, OPTIONS): appends each option that compiles
dnl without a word from the compiler.
AC_DEFUN([WSR_TRY_CFLAGS], [
for wsr_flag in m4_normalize([$2]); do
  AC_MSG_CHECKING([whether $CC takes $wsr_flag])
  wsr_save=$CFLAGS
  CFLAGS="$CFLAGS -Werror $wsr_flag"
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int main(void) { return 0; }]])],
    [AC_MSG_RESULT([yes])
     $1="$$1 $wsr_flag"],
    [AC_MSG_RESULT([no])])
  CFLAGS=$wsr_save
done
])

dnl WSR_TRY_LDFLAGS(VARIABLE, OPTIONS): as above, for the linker.
AC_DEFUN([WSR_TRY_LDFLAGS], [
for wsr_flag in m4_normalize([$2]); do
  AC_MSG_CHECKING([whether $CC links with $wsr_flag])
  wsr_save=$LDFLAGS
  wsr_save_CFLAGS=$CFLAGS
  LDFLAGS="$LDFLAGS -Werror $wsr_flag"
  CFLAGS="$CFLAGS $WSR_HARDEN_CFLAGS"
  AC_LINK_IFELSE([AC_LANG_SOURCE([[int main(void) { return 0; }]])],
    [AC_MSG_RESULT([yes])
     $1="$$1 $wsr_flag"],
    [AC_MSG_RESULT([no])])
  LDFLAGS=$wsr_save
  CFLAGS=$wsr_save_CFLAGS
done
])

dnl WSR_TRY_FORTIFY(VARIABLE): appends -D_FORTIFY_SOURCE=2 where the C library
dnl heeds it, which it does only when the compiler optimises.
AC_DEFUN([WSR_TRY_FORTIFY], [
AC_MSG_CHECKING([for _FORTIFY_SOURCE])
wsr_save=$CFLAGS
CFLAGS="$CFLAGS -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[#include <string.h>
int main(void) { return 0; }]])],
  [AC_MSG_RESULT([yes])
   $1="$$1 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"],
  [AC_MSG_RESULT([no])])
CFLAGS=$wsr_save
])

dnl WSR_REQUIRE_CFLAGS(OPTIONS): stops when these do not link a program.
AC_DEFUN([WSR_REQUIRE_CFLAGS], [
wsr_save=$CFLAGS
CFLAGS="$CFLAGS $1"
AC_LINK_IFELSE([AC_LANG_SOURCE([[int main(void) { return 0; }]])], [],
  [AC_MSG_ERROR([$CC does not take $1])])
CFLAGS=$wsr_save
])
