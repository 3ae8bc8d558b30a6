-- How urgent an answer is (answer.AnswerClass), so that it is so after a restart as well.
alter table answers add column class text not null default 'interactive';
