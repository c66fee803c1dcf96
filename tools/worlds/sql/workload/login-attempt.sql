INSERT INTO wallet.login_attempts (user_id, address, user_agent, succeeded)
VALUES (%(user)s, '10.1.2.3', 'wallet-sdk/3.8.1 (python; httpx) linux', true)
