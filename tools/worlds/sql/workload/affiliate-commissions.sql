SELECT affiliations.id, users.full_name, commissions.currency, sum(commissions.amount) AS earned
FROM wallet.affiliations
JOIN wallet.users ON users.id = affiliations.user_id
JOIN wallet.commissions ON commissions.affiliation_id = affiliations.id
WHERE affiliations.sponsor_id = %(sponsor)s
GROUP BY affiliations.id, users.full_name, commissions.currency
