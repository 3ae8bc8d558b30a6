-- Whose models an assistant speaks with (access.Assistant.Backend).
alter table assistants add column backend text not null default 'ollama' check (backend in ('ollama', 'openai'));
