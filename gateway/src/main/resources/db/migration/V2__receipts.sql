-- How far each person has come in a dialog, and when they were last here. Marks only go forward, and are written for many
-- people at once, so that a row is written about once a second at most, however many messages were read.
create table receipts (
    dialog_id       bigint not null,                 -- of dialogs, without a foreign key as in V1
    sender          text not null check (sender in ('user', 'manager')),
    reader          text not null,                   -- what their messages have as sender_id
    name            text,
    delivered_seq   bigint not null default 0,
    read_seq        bigint not null default 0,
    delivered_steps bigint[] not null default '{0}', -- when the mark moved, see presence.Mark
    read_steps      bigint[] not null default '{0}',
    at              timestamptz(3),                  -- when one of the marks last moved
    last_seen       timestamptz(3),
    primary key (dialog_id, sender, reader),
    check (read_seq <= delivered_seq)
) with (fillfactor = 70);
