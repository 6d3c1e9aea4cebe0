"""Which fact each number of the simulated crowd comes from, and which number is an assumption.

Facts
-----
F1  On 2025-12-15 the RLUSD/XRP books saw 11,434 fill legs in 8,462 transactions (1.35 legs each), and the pair's AMM
    295 swap legs. Source: a public data set's daily counts.
F2  One sampled taker order for 100.18 XRP was filled 41 % by the AMM (41 XRP) and the rest by four offers (15 XRP each
    in the mean). Same source.
F3  Ledgers close every 3 to 5 s. Source: the network.
F4  One-minute returns of XRP have a standard deviation of 11 bps; the largest move in 1,000 minutes is 79 bps.
    Source: the recorded minutes in config/market.
F5  The sizes of trades have a power-law tail with an exponent near 1.5. Source: P. Gopikrishnan, V. Plerou, X. Gabaix,
    H. E. Stanley, "Statistical properties of share volume traded in financial markets", Phys. Rev. E 62 (2000).
F6  The base fee is 10 drops, the reserve 1 XRP and 0.2 XRP for each object. Source: the main network's voted values.
F7  Whoever creates a pool or wins its auction slot trades with it at a tenth of its fee, so that arbitrage is worth
    while within the fee. Source: XLS-30, "Continuous Auction Mechanism".
F8  In a half hour recorded on a stand-alone ledger server, makers sit 3, 6, 11 and 25 bps from the reference and
    re-quote by OfferCreate with OfferSequence, takers send ImmediateOrCancel (a sale with tfSell) limited 40 bps
    beyond the reference, and the arbitrageur sends ImmediateOrCancel limited at the reference itself. Evidence of
    form, not of the real pair's habits.

Measured
--------
With the shipped profile, whole days of the crowd alone (tests/bench/test_sim_bench.py, seeds 1 to 4) had 11,202 to
11,981 book fill legs in 8,285 to 8,865 transactions and 280 to 339 AMM swap legs; the seeds differ in which recorded
minutes are resampled after the first 1,000. Makers sent 1.7 transactions a ledger, and the touch was 8 bps wide.

Parameters
----------
========================== ============================================================================================
ledger_interval_s          F3: 4 s
maker_count, offsets       ASSUMPTION: several makers within 10 bps or so of the mid; form of F8
maker_size_xrp             ASSUMPTION, after F2: four offers gave 59 XRP to one taker
maker_lag, tolerance       ASSUMPTION: 1 to 3 ledgers to see, decide, sign and arrive; fitted to a maker's patience
LAYERS, LAYER_*            ASSUMPTION: a second layer, larger and more patient
SKEW_*                     ASSUMPTION: a maker leans against its inventory, so that no maker runs out of either side
taker_orders_per_day       F1: fitted until all trading transactions of a day come to 8,462
taker_size_xrp_min         F1: fitted until legs in a transaction come to 1.35; the tail is F5
TAKER_SIZE_TAIL_*          F5
TAKER_LIMIT_PPM            F8: 40 bps
TAKER_ACCOUNTS             ASSUMPTION: enough accounts that order within a ledger is well mixed
arrival                    Poisson: ASSUMPTION; busier in busy recorded minutes (volumes of F4's source), half and half
taker_informed_percent     ASSUMPTION
amm_pool_xrp, amm_fee_bps  ASSUMPTION, fitted to F1's 295 swap legs
arbitrageur holds the slot ASSUMPTION, after F7: it acts when the pool strays beyond the full fee, and then trades
                           until the discounted fee stops it; limited at the trade's average, not as in F8 (see
                           neo.sim.arbitrageur)
funds                      ASSUMPTION: enough never to run dry in a day, far from enough to matter to the price
fees, reserves             F6: BASE_FEE_DROPS and RESERVE_* of neo.chain.money
========================== ============================================================================================
"""

from __future__ import annotations

PPM = 1_000_000
PPM_PER_BPS = 100
DAY_S = 86_400

BOOK_FILL_LEGS_PER_DAY = 11_434  # F1
TRADING_TRANSACTIONS_PER_DAY = 8_462  # F1
AMM_SWAP_LEGS_PER_DAY = 295  # F1

MAKER_XRP = 200_000
LAYERS = 2
LAYER_STEP_PPM = 900  # a layer lies 9 bps behind the one before
LAYER_SIZE_FACTOR = 2
LAYER_TOLERANCE_FACTOR = 2
SIZE_JITTER_PERMILLE = 500  # a quote's size is its mean +- up to half
PRICE_JITTER_PPM = 30  # a quote's price is its target +- up to 0.3 bps
REFILL_PERMILLE = 400  # a quote filled below 40 % of its size is renewed
SKEW_PPM_PER_1000_XRP = 20  # 0.2 bps for each 1,000 XRP too many or too few
SKEW_PPM_MAX = 300

TAKER_ACCOUNTS = 24
TAKER_XRP = 60_000
TAKER_LIMIT_PPM = 4_000
TAKER_SIZE_TAIL_EXPONENT = 1.5  # F5; shapes a draw, no amount is ever a float
TAKER_SIZE_CAP_FACTOR = 200  # a tail without end would empty an account once in a while
INFORMED_LOOKBACK_LEDGERS = 2

ARBITRAGEUR_XRP = 200_000
# What an operator may deposit from: more than anybody would.
FUNDING_XRP = 10_000_000
SLOT_DISCOUNT = 10  # F7
SLOT_EXPIRATION_S = 2**32 - 1  # the last second the ledger can write: the slot is the arbitrageur's for good
TRADING_FEE_PER_BPS = 10  # the ledger writes a trading fee in 1/100,000

RLUSD_CURRENCY = "524C555344000000000000000000000000000000"  # "RLUSD" as the ledger spells it
RLUSD_ISSUER = "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"  # the main network's issuer
