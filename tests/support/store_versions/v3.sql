-- A database of schema version 3: one ended session of one tick.
BEGIN TRANSACTION;
CREATE TABLE capital_events (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        cause TEXT NOT NULL,
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "capital_events" VALUES('one',2,90000000,'2026-01-21T00:00:00Z','opening_balance',100000000,'200.5');
CREATE TABLE capital_orders (
        id INTEGER PRIMARY KEY,
        recorded_at TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('deposit', 'withdraw')),
        xrp_drops INTEGER NOT NULL, -- as the balance changes: a withdrawal is negative
        rlusd TEXT NOT NULL,
        session_id TEXT REFERENCES sessions (id) -- whose opening has it, NULL until there is one
    ) STRICT
    ;
CREATE TABLE engine_state (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (session_id, key)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "engine_state" VALUES('one','halt.detail','7200 s');
INSERT INTO "engine_state" VALUES('one','halt.reason','duration_elapsed');
CREATE TABLE experiments (
        session_id TEXT PRIMARY KEY REFERENCES sessions (id),
        started_at TEXT NOT NULL,
        ended_at TEXT NOT NULL,
        venue TEXT NOT NULL,
        profile TEXT NOT NULL,
        config_sha256 TEXT NOT NULL,
        config_changes TEXT NOT NULL, -- JSON
        seed INTEGER NOT NULL,
        market TEXT NOT NULL,
        halt_reason TEXT NOT NULL,
        halt_detail TEXT NOT NULL,
        ticks INTEGER NOT NULL,
        fills INTEGER NOT NULL,
        equity_change_rlusd TEXT,
        results TEXT, -- JSON of neo.analysis.flat_figures; none if the process was lost
        note TEXT NOT NULL DEFAULT ''
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "experiments" VALUES('one','2026-11-23T09:00:00Z','2026-11-23T11:00:00Z','sim','','c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0','{}',7,'recorded.csv','duration_elapsed','7200 s',1,2,NULL,NULL,'');
CREATE TABLE fees (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        tx_hash TEXT NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        fee_drops INTEGER NOT NULL,
        PRIMARY KEY (session_id, tx_hash)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "fees" VALUES('one','000000000000000000000000000000000000000000000000000000000000004A',90000005,'2026-01-21T00:00:20Z',10);
INSERT INTO "fees" VALUES('one','000000000000000000000000000000000000000000000000000000000000004B',90000005,'2026-01-21T00:00:20Z',10);
CREATE TABLE fills (
        session_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        tx_hash TEXT NOT NULL,
        offer_sequence INTEGER NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        rlusd_rounding TEXT NOT NULL,
        price TEXT NOT NULL,
        taker INTEGER NOT NULL CHECK (taker IN (0, 1)),
        mid_price TEXT,
        PRIMARY KEY (session_id, tx_hash, order_id),
        FOREIGN KEY (session_id, order_id) REFERENCES orders (session_id, id)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "fills" VALUES('one','000004-buy','F00000000000000000000000000000000000000000000000000000000000004A',8,90000005,'2026-01-21T00:00:20Z','buy',1000000,'1.9123','0','1.9123',0,'1.9129005');
INSERT INTO "fills" VALUES('one','000004-sell','F00000000000000000000000000000000000000000000000000000000000004B',9,90000005,'2026-01-21T00:00:20Z','sell',1000000,'1.9123','0','1.9123',0,'1.9129005');
CREATE TABLE inventory_checks (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        xrp_engine_drops INTEGER NOT NULL,
        xrp_ledger_drops INTEGER NOT NULL,
        rlusd_engine TEXT NOT NULL,
        rlusd_ledger TEXT NOT NULL,
        exact INTEGER NOT NULL CHECK (exact IN (0, 1)),
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TABLE inventory_ledger (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL, -- the fill's number in the journal
        asset TEXT NOT NULL CHECK (asset IN ('XRP', 'RLUSD')),
        change ANY NOT NULL,
        new_balance ANY NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        PRIMARY KEY (session_id, seq, asset),
        CHECK (typeof(change) = iif(asset = 'XRP', 'integer', 'text')),
        CHECK (typeof(new_balance) = iif(asset = 'XRP', 'integer', 'text'))
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "inventory_ledger" VALUES('one',12,'RLUSD','-1.9123','-1.9123',90000005,'2026-01-21T00:00:20Z');
INSERT INTO "inventory_ledger" VALUES('one',12,'XRP',1000000,1000000,90000005,'2026-01-21T00:00:20Z');
INSERT INTO "inventory_ledger" VALUES('one',16,'RLUSD','1.9123','0.0000',90000005,'2026-01-21T00:00:20Z');
INSERT INTO "inventory_ledger" VALUES('one',16,'XRP',-1000000,0,90000005,'2026-01-21T00:00:20Z');
CREATE TABLE journal (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL CHECK (seq > 0),
        kind TEXT NOT NULL,
        ledger_index INTEGER NOT NULL, -- the ledger that the session had seen last
        body TEXT NOT NULL, -- JSON of neo.messages.Record
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "journal" VALUES('one',1,'SessionStarted',90000000,'{"type":"SessionStarted","venue":"sim","seed":7,"config_sha256":"c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0","market_sha256":"d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0d0","account":"rNEOexample","opening":{"xrp_drops":100000000,"rlusd":"200.5","reserve_drops":1200000,"owner_count":1,"sequence":100},"ledger_index":90000000,"close_time_s":822268800}');
INSERT INTO "journal" VALUES('one',2,'CapitalMoved',90000000,'{"type":"CapitalMoved","ledger_index":90000000,"close_time_s":822268800,"cause":"opening_balance","xrp_drops":100000000,"rlusd":"200.5"}');
INSERT INTO "journal" VALUES('one',3,'QuotesJudged',90000004,'{"type":"QuotesJudged","tick":4,"ledger_index":90000004,"state":"active","anchor_price":"1.9129","quotes":[{"side":"buy","price":"1.9123","xrp_drops":7843137,"rlusd":"14.9984313","replaces":null},{"side":"sell","price":"1.9123","xrp_drops":7843137,"rlusd":"14.9984313","replaces":null}],"withdraw":[],"held_back":[],"refusals":[]}');
INSERT INTO "journal" VALUES('one',4,'OrderIntended',90000004,'{"type":"OrderIntended","order_id":"000004-buy","tick":4,"ledger_index":90000004,"close_time_s":822268816,"side":"buy","price":"1.9123","xrp_drops":7843137,"rlusd":"14.9984313","replaces":"000003-buy","cancels":null}');
INSERT INTO "journal" VALUES('one',5,'OrderSigned',90000004,'{"type":"OrderSigned","order_id":"000004-buy","tx_hash":"000000000000000000000000000000000000000000000000000000000000004A","blob":"12000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C68000","sequence":8,"last_ledger_sequence":90000024}');
INSERT INTO "journal" VALUES('one',6,'OrderIntended',90000004,'{"type":"OrderIntended","order_id":"000004-sell","tick":4,"ledger_index":90000004,"close_time_s":822268816,"side":"sell","price":"1.9123","xrp_drops":7843137,"rlusd":"14.9984313","replaces":"000003-sell","cancels":null}');
INSERT INTO "journal" VALUES('one',7,'OrderSigned',90000004,'{"type":"OrderSigned","order_id":"000004-sell","tx_hash":"000000000000000000000000000000000000000000000000000000000000004B","blob":"12000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C68000","sequence":9,"last_ledger_sequence":90000024}');
INSERT INTO "journal" VALUES('one',8,'LedgerObserved',90000004,'{"type":"LedgerObserved","ledger_index":90000004,"close_time_s":822268816,"best_bid":"1.912345","best_ask":"1.913456","mid_price":"1.9129005","pool_price":"1.912777","own_bid":"1.912300","own_ask":"1.913500","distance_to_clob_bid_bps":"-0.235","distance_to_clob_ask_bps":"-2.31","xrp_drops":100000004,"rlusd":"200.5","within_2bps_bid":null,"within_2bps_ask":null}');
INSERT INTO "journal" VALUES('one',9,'OrderSubmitted',90000004,'{"type":"OrderSubmitted","order_id":"000004-buy","tx_hash":"000000000000000000000000000000000000000000000000000000000000004A","preliminary_result":"tesSUCCESS"}');
INSERT INTO "journal" VALUES('one',10,'OrderChanged',90000005,'{"type":"OrderChanged","order_id":"000004-buy","ledger_index":90000005,"close_time_s":822268820,"status":"resting","result":"tesSUCCESS","xrp_left_drops":7843137,"rlusd_left":"14.9984313"}');
INSERT INTO "journal" VALUES('one',11,'FeePaid',90000005,'{"type":"FeePaid","tx_hash":"000000000000000000000000000000000000000000000000000000000000004A","ledger_index":90000005,"close_time_s":822268820,"fee_drops":10}');
INSERT INTO "journal" VALUES('one',12,'Fill',90000005,'{"type":"Fill","order_id":"000004-buy","offer_sequence":8,"tx_hash":"F00000000000000000000000000000000000000000000000000000000000004A","ledger_index":90000005,"close_time_s":822268820,"side":"buy","xrp_drops":1000000,"rlusd":"1.9123","rlusd_rounding":"0","price":"1.9123","taker":false,"mid_price":"1.9129005"}');
INSERT INTO "journal" VALUES('one',13,'OrderSubmitted',90000005,'{"type":"OrderSubmitted","order_id":"000004-sell","tx_hash":"000000000000000000000000000000000000000000000000000000000000004B","preliminary_result":"tesSUCCESS"}');
INSERT INTO "journal" VALUES('one',14,'OrderChanged',90000005,'{"type":"OrderChanged","order_id":"000004-sell","ledger_index":90000005,"close_time_s":822268820,"status":"resting","result":"tesSUCCESS","xrp_left_drops":7843137,"rlusd_left":"14.9984313"}');
INSERT INTO "journal" VALUES('one',15,'FeePaid',90000005,'{"type":"FeePaid","tx_hash":"000000000000000000000000000000000000000000000000000000000000004B","ledger_index":90000005,"close_time_s":822268820,"fee_drops":10}');
INSERT INTO "journal" VALUES('one',16,'Fill',90000005,'{"type":"Fill","order_id":"000004-sell","offer_sequence":9,"tx_hash":"F00000000000000000000000000000000000000000000000000000000000004B","ledger_index":90000005,"close_time_s":822268820,"side":"sell","xrp_drops":1000000,"rlusd":"1.9123","rlusd_rounding":"0","price":"1.9123","taker":false,"mid_price":"1.9129005"}');
CREATE TABLE market_snapshots (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        best_bid TEXT,
        best_ask TEXT,
        mid_price TEXT,
        pool_price TEXT,
        own_bid TEXT,
        own_ask TEXT,
        distance_to_clob_bid_bps TEXT,
        distance_to_clob_ask_bps TEXT,
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        within_2bps_bid INTEGER CHECK (within_2bps_bid IN (0, 1)),
        within_2bps_ask INTEGER CHECK (within_2bps_ask IN (0, 1)), distance_to_bid_touch_bps TEXT
        GENERATED ALWAYS AS (distance_to_clob_bid_bps) VIRTUAL, distance_to_ask_touch_bps TEXT
        GENERATED ALWAYS AS (distance_to_clob_ask_bps) VIRTUAL,
        PRIMARY KEY (session_id, ledger_index)
    ) STRICT, WITHOUT ROWID
    ;
INSERT INTO "market_snapshots" VALUES('one',90000004,'2026-01-21T00:00:16Z','1.912345','1.913456','1.9129005','1.912777','1.912300','1.913500','-0.235','-2.31',100000004,'200.5',NULL,NULL);
CREATE TABLE orders (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        id TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at TEXT NOT NULL,
        ledger_index INTEGER NOT NULL,
        tick INTEGER NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        price TEXT NOT NULL,
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        replaces TEXT,
        cancels TEXT,
        submit_tx_hash TEXT,
        blob TEXT,
        offer_sequence INTEGER,
        last_ledger_sequence INTEGER,
        result TEXT,
        failure_reason TEXT,
        changed_at TEXT,
        xrp_left_drops INTEGER NOT NULL,
        rlusd_left TEXT NOT NULL,
        PRIMARY KEY (session_id, id)
    ) STRICT
    ;
INSERT INTO "orders" VALUES('one','000004-buy','resting','2026-01-21T00:00:16Z',90000004,4,'buy','1.9123',7843137,'14.9984313','000003-buy',NULL,'000000000000000000000000000000000000000000000000000000000000004A','12000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C68000',8,90000024,'tesSUCCESS',NULL,'2026-01-21T00:00:20Z',7843137,'14.9984313');
INSERT INTO "orders" VALUES('one','000004-sell','resting','2026-01-21T00:00:16Z',90000004,4,'sell','1.9123',7843137,'14.9984313','000003-sell',NULL,'000000000000000000000000000000000000000000000000000000000000004B','12000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C6800012000722800000002405F5E100201B05F5E12064D4838D7EA4C68000',9,90000024,'tesSUCCESS',NULL,'2026-01-21T00:00:20Z',7843137,'14.9984313');
CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        parent_id TEXT REFERENCES sessions (id), -- the lost session that this one took over from
        status TEXT NOT NULL CHECK (status IN ('running', 'ended')),
        pid INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        ended_at TEXT,
        venue TEXT NOT NULL,
        seed INTEGER NOT NULL,
        market TEXT NOT NULL,
        config TEXT NOT NULL,
        config_sha256 TEXT NOT NULL,
        halt_reason TEXT,
        halt_detail TEXT,
        secondary_halts TEXT NOT NULL DEFAULT '[]', -- JSON
        rungs_failed TEXT NOT NULL DEFAULT '[]', -- JSON
        journal_sha256 TEXT,
        ticks INTEGER,
        ledgers INTEGER,
        fills INTEGER,
        equity_start_rlusd TEXT,
        equity_end_rlusd TEXT,
        equity_change_rlusd TEXT, -- less capital that moved after the opening
        profile TEXT NOT NULL DEFAULT '',
        config_changes TEXT NOT NULL DEFAULT '{}', -- JSON: the keys that differ from the shipped profile
        restarts TEXT NOT NULL DEFAULT '[]', -- JSON
        warnings TEXT NOT NULL DEFAULT '[]', -- JSON
        results TEXT, -- JSON of neo.analysis.Results
        CHECK ((status = 'ended') = (ended_at IS NOT NULL AND halt_reason IS NOT NULL))
    ) STRICT
    ;
INSERT INTO "sessions" VALUES('one',NULL,'ended',4242,'2026-11-23T09:00:00Z','2026-11-23T11:00:00Z','sim',7,'recorded.csv','[engine]
tick_interval_seconds = 4
','c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0','duration_elapsed','7200 s','[]','[]','69801669390f7f3036c9119f44bd587fd06df65ebe15e6cebbe064a2ad3bca3b',1,1,2,NULL,NULL,NULL,'','{}','[]','[]',NULL);
CREATE TABLE taker_trades (
        session_id TEXT NOT NULL REFERENCES sessions (id),
        seq INTEGER NOT NULL,
        tx_hash TEXT NOT NULL,
        ledger_index INTEGER NOT NULL,
        created_at TEXT NOT NULL,
        taker_side TEXT NOT NULL CHECK (taker_side IN ('buy', 'sell')),
        xrp_drops INTEGER NOT NULL,
        rlusd TEXT NOT NULL,
        pool_drops INTEGER NOT NULL,
        pool_rlusd TEXT NOT NULL,
        worst_price TEXT NOT NULL,
        won_drops INTEGER NOT NULL,
        PRIMARY KEY (session_id, seq)
    ) STRICT, WITHOUT ROWID
    ;
CREATE TRIGGER journal_keeps_what_it_has BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_loses_nothing BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER every_ending_is_an_experiment AFTER UPDATE OF status ON sessions
    WHEN NEW.status = 'ended' AND OLD.status <> 'ended'
    BEGIN
        INSERT INTO experiments (session_id, started_at, ended_at, venue, profile, config_sha256, config_changes, seed,
            market, halt_reason, halt_detail, ticks, fills, equity_change_rlusd, results)
        VALUES (NEW.id, NEW.started_at, NEW.ended_at, NEW.venue, NEW.profile, NEW.config_sha256, NEW.config_changes,
            NEW.seed, NEW.market, NEW.halt_reason, coalesce(NEW.halt_detail, ''), coalesce(NEW.ticks, 0),
            coalesce(NEW.fills, 0), NEW.equity_change_rlusd, NEW.results);
    END;
CREATE VIEW view_fills AS SELECT
        f.session_id, f.ledger_index, f.created_at AS closed_at, f.order_id, f.tx_hash, f.side, f.taker,
        f.xrp_drops / 1e6 AS xrp,
        CAST(f.rlusd AS REAL) AS rlusd,
        CAST(f.price AS REAL) AS price_rlusd,
        CAST(f.mid_price AS REAL) AS mid_rlusd,
        round((CAST(f.mid_price AS REAL) - CAST(f.price AS REAL)) / CAST(f.mid_price AS REAL) * 10000
            * iif(f.side = 'buy', 1, -1), 6) AS edge_bps,
        round((CAST(m1.mid_price AS REAL) - CAST(f.price AS REAL)) / CAST(f.price AS REAL) * 10000
            * iif(f.side = 'buy', 1, -1), 6) AS mark_out_1_bps,
        round((CAST(m5.mid_price AS REAL) - CAST(f.price AS REAL)) / CAST(f.price AS REAL) * 10000
            * iif(f.side = 'buy', 1, -1), 6) AS mark_out_5_bps,
        round((CAST(m20.mid_price AS REAL) - CAST(f.price AS REAL)) / CAST(f.price AS REAL) * 10000
            * iif(f.side = 'buy', 1, -1), 6) AS mark_out_20_bps
    FROM fills f
    LEFT JOIN market_snapshots m1
        ON m1.session_id = f.session_id AND m1.ledger_index = f.ledger_index + 1
    LEFT JOIN market_snapshots m5
        ON m5.session_id = f.session_id AND m5.ledger_index = f.ledger_index + 5
    LEFT JOIN market_snapshots m20
        ON m20.session_id = f.session_id AND m20.ledger_index = f.ledger_index + 20;
CREATE VIEW view_orders AS SELECT
        session_id, ledger_index, created_at AS decided_at, id AS order_id, tick,
        iif(cancels IS NULL, 'offer', 'cancel') AS kind,
        side, status, result, failure_reason, changed_at,
        CAST(price AS REAL) AS price_rlusd,
        xrp_drops / 1e6 AS xrp,
        xrp_left_drops / 1e6 AS xrp_left,
        replaces, cancels, submit_tx_hash AS tx_hash
    FROM orders;
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
    FROM market_snapshots m);
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
    FROM market_snapshots;
COMMIT;
PRAGMA application_id = 1313165105;
PRAGMA user_version = 3;
