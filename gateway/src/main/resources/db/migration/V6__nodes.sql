-- The processes that work on this database, and until when each is taken to live. It says so again before that time is over;
-- what was a dead one's is taken up by another (database.NodeLease, answer.AnswerStore).
create table nodes (
    id          bigint primary key,
    started_at  timestamptz(3) not null default now(),
    alive_until timestamptz(3) not null
);

-- Whose an answer is: only that node may run and end it. Null: nobody's yet.
alter table answers add column node bigint;

-- As in V3, but says whose the answers are that are asked for.
drop function append_plain;
create function append_plain(
    dialog_ids bigint[], places bigint[],            -- of each message; where it stands among those of its dialog, from 1
    senders text[], sender_ids text[], sender_names text[], client_msg_ids text[], texts text[],
    request_ids text[], asked_bys text[],            -- of those that ask for an answer; they do while the assistant speaks
    ids bigint[], counts bigint[],                   -- of each dialog, in order; how many messages it gets
    turns bigint[],                                  -- the turn that must hold; null: any
    humans boolean[],                                -- whether a human speaks, who has to have taken the dialog over
    asked_at bigint)                                 -- the node that gives the answers
    -- at: created_at in milliseconds since the epoch, for to read a timestamp is what costs the driver most
    returns table (dialog_id bigint, seq bigint, id bigint, at bigint, turn bigint, request_id text, ai boolean)
    language plpgsql as $$
#variable_conflict use_column
declare
    stored record;
    number bigint := 0;
    asked boolean := false;
begin
    for stored in
        with given as (
            select * from unnest(dialog_ids, places, senders, sender_ids, sender_names, client_msg_ids, texts, request_ids)
                as m(dialog_id, place, sender, sender_id, sender_name, client_msg_id, body, request_id)
        ), advanced as (
            update dialogs d
            set last_seq = d.last_seq + g.count, last_activity_at = date_trunc('milliseconds', clock_timestamp())
            from unnest(ids, counts, turns, humans) as g(id, count, turn, human)
            where d.id = g.id and d.status = 'open' and d.turn = coalesce(g.turn, d.turn)
              and (d.mode = 'human' or d.kind = 'channel' or not g.human)
            returning d.id, d.last_seq - g.count as before, d.last_activity_at as at, d.turn, d.mode = 'ai' as ai
        )
        insert into messages as m (dialog_id, seq, sender, sender_id, sender_name, client_msg_id, text, request_id, turn,
                                   created_at)
        select a.id, a.before + g.place, g.sender, g.sender_id, g.sender_name, g.client_msg_id, g.body,
               case when a.ai then g.request_id end, a.turn, a.at
        from advanced a join given g on g.dialog_id = a.id
        returning m.dialog_id, m.seq, m.id, (extract(epoch from m.created_at) * 1000)::bigint as at, m.turn, m.request_id,
                  (select a.ai from advanced a where a.id = m.dialog_id) as ai
    loop
        dialog_id := stored.dialog_id;
        seq := stored.seq;
        id := stored.id;
        at := stored.at;
        turn := stored.turn;
        request_id := stored.request_id;
        ai := stored.ai;
        return next;
        number := number + 1;
        asked := asked or stored.request_id is not null;
    end loop;
    if number < cardinality(dialog_ids) then
        raise exception 'not all of them may be said';
    end if;
    if asked then
        insert into answers (request_id, dialog_id, in_reply_to, turn, asked_by, queued_at, node)
        select m.request_id, m.dialog_id, m.seq, m.turn, g.asked_by, m.created_at, asked_at
        from unnest(dialog_ids, senders, sender_ids, client_msg_ids, asked_bys)
                 as g(dialog_id, sender, sender_id, client_msg_id, asked_by)
             join messages m on m.dialog_id = g.dialog_id and m.sender = g.sender and m.sender_id = g.sender_id
                            and m.client_msg_id = g.client_msg_id
        where m.request_id is not null;
    end if;
exception
    when unique_violation or raise_exception then
        null;
end $$;
