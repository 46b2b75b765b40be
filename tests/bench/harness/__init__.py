# SPDX-License-Identifier: MIT
"""What tools/bench is made of."""
