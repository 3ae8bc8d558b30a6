-- What Parley keeps. A dialog is an append-only log of messages, numbered 1, 2, 3 ... without a hole (DESIGN, idea 1).

create table assistants (
    id              bigint generated always as identity primary key,
    name            text not null,
    greeting        text not null default '',
    system_prompt   text not null default '',
    model           text,                            -- null: the gateway's default model
    allowed_origins text[] not null default '{}',    -- '*' allows every origin, none at all allows only our own pages
    disabled        boolean not null default false,
    created_at      timestamptz(3) not null default now(),
    updated_at      timestamptz(3) not null default now()
);

create table sites (
    id              bigint generated always as identity primary key,
    name            text not null,
    assistant_id    bigint not null references assistants,
    secret          bytea not null,                  -- encrypted with the gateway's own secret
    disabled        boolean not null default false,
    created_at      timestamptz(3) not null default now(),
    updated_at      timestamptz(3) not null default now()
);

create table users (
    id              bigint generated always as identity primary key,
    username        text not null,
    name            text not null,
    password_hash   text not null,
    roles           text[] not null,
    disabled        boolean not null default false,
    created_at      timestamptz(3) not null default now(),
    updated_at      timestamptz(3) not null default now()
);
create unique index users_username on users (lower(username));

-- Every message advances last_seq and last_activity_at of its dialog. No index has them, and pages keep room, so that
-- these updates stay within their page (HOT).
create table dialogs (
    id               bigint generated always as identity primary key,
    kind             text not null default 'support' check (kind in ('support', 'channel')),
    assistant_id     bigint references assistants,
    site_id          bigint references sites,        -- given: visitor_id is the site's own id of its user
    visitor_id       text,
    client_dialog_id text,
    visitor_name     text,
    visitor_email    text,
    page_url         text,
    mode             text not null default 'ai' check (mode in ('ai', 'human')),
    status           text not null default 'open' check (status in ('open', 'closed')),
    needs_human      boolean not null default false,
    assignee_id      bigint references users,
    turn             bigint not null default 0,      -- grows at every takeover, hand-back and close (DESIGN, idea 4)
    last_seq         bigint not null default 0,
    created_at       timestamptz(3) not null default now(),
    last_activity_at timestamptz(3) not null default now()
) with (fillfactor = 70);
create index dialogs_of_visitor on dialogs (visitor_id, site_id);
create unique index dialogs_by_client_id on dialogs (visitor_id, coalesce(site_id, 0), assistant_id, client_dialog_id)
    where client_dialog_id is not null;
create index dialogs_of_assignee on dialogs (assignee_id) where assignee_id is not null;

create table messages (
    dialog_id     bigint not null references dialogs,
    seq           bigint not null,
    id            bigint generated always as identity,
    kind          text not null default 'message',   -- or handoff_started, handoff_ended, human_requested, ...
    sender        text not null check (sender in ('user', 'assistant', 'manager', 'system')),
    sender_id     text,                              -- of a system message: the person concerned
    sender_name   text,
    client_msg_id text,                              -- null only in system messages
    text          text not null,
    state         text check (state in ('cancelled', 'failed')),
    request_id    text,                              -- the answer that this message came from, or that it asked for
    turn          bigint not null,                   -- the dialog's turn when it was written
    created_at    timestamptz(3) not null,
    primary key (dialog_id, seq)
);
create unique index messages_by_client_id on messages (dialog_id, sender, sender_id, client_msg_id)
    where client_msg_id is not null;
create unique index messages_of_answer on messages (request_id) where sender = 'assistant';

-- That a message wants an answer is written with the message (DESIGN, idea 5); one row for each run of the model.
create table answers (
    request_id  text primary key,
    dialog_id   bigint not null references dialogs,
    in_reply_to bigint not null,
    turn        bigint not null,
    asked_by    text not null,                       -- for fairness and for "the caller's answers"
    state       text not null default 'queued'
                check (state in ('queued', 'running', 'done', 'cancelled', 'failed', 'timeout', 'handoff')),
    queued_at   timestamptz(3) not null default now(),
    started_at  timestamptz(3),
    ended_at    timestamptz(3)
);
create index answers_open on answers (queued_at) where state in ('queued', 'running');
create index answers_open_of_dialog on answers (dialog_id) where state in ('queued', 'running');
