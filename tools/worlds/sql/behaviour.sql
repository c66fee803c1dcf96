CREATE FUNCTION wallet.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

CREATE FUNCTION wallet.audit_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO wallet.audit_log (actor_id, object_table, object_id, action, before, after)
    VALUES (nullif(current_setting('wallet.user_id', true), '')::bigint, TG_TABLE_NAME, OLD.id, lower(TG_OP),
            to_jsonb(OLD), CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(NEW) END);
    RETURN NULL;
END
$$;

CREATE FUNCTION wallet.fail_transaction(failed bigint) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = wallet, pg_temp AS $$
    WITH changed AS (
        UPDATE wallet.transactions SET status = 'failed' WHERE id = failed AND status = 'pending' RETURNING id
    )
    SELECT EXISTS (SELECT FROM changed)
$$;
COMMENT ON FUNCTION wallet.fail_transaction(bigint) IS 'Gives a pending transaction up; true when it was still pending.';

REVOKE ALL ON FUNCTION wallet.touch_updated_at(), wallet.audit_change(), wallet.fail_transaction(bigint) FROM PUBLIC;

CREATE TRIGGER tenants_touch BEFORE UPDATE ON wallet.tenants FOR EACH ROW EXECUTE FUNCTION wallet.touch_updated_at();
CREATE TRIGGER users_touch BEFORE UPDATE ON wallet.users FOR EACH ROW EXECUTE FUNCTION wallet.touch_updated_at();
CREATE TRIGGER wallets_touch BEFORE UPDATE ON wallet.wallets FOR EACH ROW EXECUTE FUNCTION wallet.touch_updated_at();
CREATE TRIGGER transactions_touch BEFORE UPDATE ON wallet.transactions FOR EACH ROW EXECUTE FUNCTION wallet.touch_updated_at();
CREATE TRIGGER affiliations_touch BEFORE UPDATE ON wallet.affiliations FOR EACH ROW EXECUTE FUNCTION wallet.touch_updated_at();
CREATE TRIGGER payouts_touch BEFORE UPDATE ON wallet.payouts FOR EACH ROW EXECUTE FUNCTION wallet.touch_updated_at();

CREATE TRIGGER wallets_audit AFTER UPDATE OR DELETE ON wallet.wallets FOR EACH ROW EXECUTE FUNCTION wallet.audit_change();
CREATE TRIGGER transactions_audit AFTER UPDATE OR DELETE ON wallet.transactions FOR EACH ROW EXECUTE FUNCTION wallet.audit_change();
CREATE TRIGGER ledger_entries_audit AFTER UPDATE OR DELETE ON wallet.ledger_entries FOR EACH ROW EXECUTE FUNCTION wallet.audit_change();
CREATE TRIGGER commissions_audit AFTER UPDATE OR DELETE ON wallet.commissions FOR EACH ROW EXECUTE FUNCTION wallet.audit_change();
CREATE TRIGGER payouts_audit AFTER UPDATE OR DELETE ON wallet.payouts FOR EACH ROW EXECUTE FUNCTION wallet.audit_change();
