-- SPDX-License-Identifier: PostgreSQL
-- The findings in their order, as finding.c reads them: column by column into a struct finding, whose comments say
-- what they are.
SELECT f.number, f.kind, f.verdict, f.state, f.shape, f.excused, f.head, f.tail, f.count, f.stacks, f.ways,
       -- Where it was acquired, and the call that is to blame.
       f.stack, ifnull(w.level, -1), w.depth,
       CASE WHEN l.pooled OR d.number IS NOT NULL THEN f.acquire_function WHEN f.kind = 'connection' THEN (SELECT acquire_function FROM connection WHERE id = f.first_id)
            ELSE (SELECT acquire_function FROM resource WHERE id = f.first_id) END,
       -- Where it was last used, and where what is comparable was released.
       ifnull(w.used_stack, -1), (SELECT use_function FROM connection WHERE f.kind = 'connection' AND id = f.used_id),
       ifnull(w.release_stack, -1), w.releases,
       -- Its members.
       f.first_ns, f.last_ns, f.first_id, f.used_id, f.rows, f.bytes, f.outlived,
       -- What is comparable, and from what the call that is to blame is told apart.
       ifnull(f.released, 0),
       e.callers, e.leaking, e.lost, e.acquired, e.others_lost, e.others_acquired, e.levels, short_name(c.head),
       short_name(i.head),
       -- What its life shows.
       l.pooled, l.later, l.latest, l.opened, l.unused_ns, l.used_ns, l.threads, ifnull(l.lives, -1), l.alone, l."exit", l.thread, l.collector, l.code, l.unknown, l.never,
       l.last_uses, l.uses, l.elsewhere_last, l.elsewhere_uses,
       l.pool, CASE WHEN b.text <> f.head || f.tail THEN short_name(b.head) END, b.tail,
       d.longest_ns, d.open, d.begun, ifnull(short_name(x.head), 'an unknown place'), x.tail
FROM finding f JOIN finding_stack w ON w.number = f.number
LEFT JOIN (separation e JOIN frame_call c ON c.frame = e.shared_frame AND c.depth = e.shared_depth
           JOIN frame_call i ON i.frame = e.site_frame AND i.depth = e.site_depth) ON e.node = w.node AND e.callers IS NOT NULL
LEFT JOIN finding_life l ON l.number = f.number LEFT JOIN site b ON b.stack = l.use_stack
LEFT JOIN finding_idle d ON d.number = f.number LEFT JOIN site x ON x.stack = d.idle_stack
ORDER BY f.number
