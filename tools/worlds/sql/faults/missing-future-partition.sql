DROP TABLE wallet.audit_log_2026_h2, wallet.audit_log_2027, wallet.audit_log_2028, wallet.audit_log_2029,
    wallet.audit_log_2030_on;
