-- Whether a node hears what the others tell, and is heard by them. Those who are cannot know of one that is not by themselves.
alter table nodes add column hears boolean not null default true;
