-- A name by which this database is told from others that were used with the same Redis. A copy that nodes are to use beside
-- the original needs another one: update installation set name = default.
create table installation (
    one boolean primary key default true check (one),
    name text not null default left(gen_random_uuid()::text, 8)
);

insert into installation default values;
