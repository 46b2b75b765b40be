# SPDX-License-Identifier: MIT
"""What the functional tests share: the daemon, raw clients, faulty backends."""
