ALTER SEQUENCE wallet.payout_number_seq MAXVALUE 9999999;
SELECT setval('wallet.payout_number_seq', 9300000);
