# SPDX-License-Identifier: PostgreSQL
"""The shop's test."""
import os

import shop

for _ in range(3):
    assert shop.checkout() == 42
assert shop.report() == 1
os._exit(0)  # as the workers of a server end: nobody tidies up behind them
