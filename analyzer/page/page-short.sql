-- SPDX-License-Identifier: PostgreSQL
-- A report in JSON, ?1, with as many findings as words.c has words of.
SELECT iif(json_array_length(?1, '$.findings') <= 300, ?1,
           json_set(?1, '$.findings', json((SELECT json_group_array(json(value)) FROM json_each(?1, '$.findings') WHERE key < 300))))
