"""The views for those who read the database with programs of their own: one each for fills, orders, equity and market.

They hold nothing: each row is worked out from the tables when it is read, as plain numbers (XRP, RLUSD, basis points),
which a double rounds to some 15 digits. Exact amounts are in the tables. ``docs/notebooks.md`` tells every column.

They are the schema's third version. A released one is never edited: a change is a migration that drops a view and makes
it anew.
"""

from __future__ import annotations

from typing import Final

# As many ledgers later as the report's mark-outs.
_HORIZONS_LEDGERS = (1, 5, 20)

_MARK_OUTS = "".join(
    f""",
        round((CAST(m{ledgers}.mid_price AS REAL) - CAST(f.price AS REAL)) / CAST(f.price AS REAL) * 10000
            * iif(f.side = 'buy', 1, -1), 6) AS mark_out_{ledgers}_bps"""
    for ledgers in _HORIZONS_LEDGERS
)
_LATER = "".join(
    f"""
    LEFT JOIN market_snapshots m{ledgers}
        ON m{ledgers}.session_id = f.session_id AND m{ledgers}.ledger_index = f.ledger_index + {ledgers}"""
    for ledgers in _HORIZONS_LEDGERS
)

VIEWS: Final = (
    f"""
    CREATE VIEW view_fills AS SELECT
        f.session_id, f.ledger_index, f.created_at AS closed_at, f.order_id, f.tx_hash, f.side, f.taker,
        f.xrp_drops / 1e6 AS xrp,
        CAST(f.rlusd AS REAL) AS rlusd,
        CAST(f.price AS REAL) AS price_rlusd,
        CAST(f.mid_price AS REAL) AS mid_rlusd,
        round((CAST(f.mid_price AS REAL) - CAST(f.price AS REAL)) / CAST(f.mid_price AS REAL) * 10000
            * iif(f.side = 'buy', 1, -1), 6) AS edge_bps{_MARK_OUTS}
    FROM fills f{_LATER}
    """,  # noqa: S608 - numbers of our own
    """
    CREATE VIEW view_orders AS SELECT
        session_id, ledger_index, created_at AS decided_at, id AS order_id, tick,
        iif(cancels IS NULL, 'offer', 'cancel') AS kind,
        side, status, result, failure_reason, changed_at,
        CAST(price AS REAL) AS price_rlusd,
        xrp_drops / 1e6 AS xrp,
        xrp_left_drops / 1e6 AS xrp_left,
        replaces, cancels, submit_tx_hash AS tx_hash
    FROM orders
    """,
    # Held and never traded: every deposit and withdrawal from its ledger on, the opening balance the first of them.
    """
    CREATE VIEW view_equity AS SELECT
        *,
        xrp * mid_rlusd + rlusd AS equity_rlusd,
        held_xrp * mid_rlusd + held_rlusd AS holding_rlusd,
        xrp * mid_rlusd + rlusd - (held_xrp * mid_rlusd + held_rlusd) AS against_holding_rlusd
    FROM (SELECT
        m.session_id, m.ledger_index, m.created_at AS closed_at,
        CAST(m.mid_price AS REAL) AS mid_rlusd,
        m.xrp_drops / 1e6 AS xrp,
        CAST(m.rlusd AS REAL) AS rlusd,
        (SELECT sum(c.xrp_drops) / 1e6 FROM capital_events c
            WHERE c.session_id = m.session_id AND c.ledger_index <= m.ledger_index) AS held_xrp,
        (SELECT sum(CAST(c.rlusd AS REAL)) FROM capital_events c
            WHERE c.session_id = m.session_id AND c.ledger_index <= m.ledger_index) AS held_rlusd
    FROM market_snapshots m)
    """,
    """
    CREATE VIEW view_market AS SELECT
        session_id, ledger_index, created_at AS closed_at,
        CAST(best_bid AS REAL) AS best_bid_rlusd,
        CAST(best_ask AS REAL) AS best_ask_rlusd,
        CAST(mid_price AS REAL) AS mid_rlusd,
        CAST(pool_price AS REAL) AS pool_rlusd,
        CAST(own_bid AS REAL) AS own_bid_rlusd,
        CAST(own_ask AS REAL) AS own_ask_rlusd,
        CAST(distance_to_clob_bid_bps AS REAL) AS bid_to_touch_bps,
        CAST(distance_to_clob_ask_bps AS REAL) AS ask_to_touch_bps,
        within_2bps_bid, within_2bps_ask
    FROM market_snapshots
    """,
)
