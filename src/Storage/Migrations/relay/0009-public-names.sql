-- What people who are on a list read as its name; a list that has one is offered on the page of preferences.
ALTER TABLE contact_list ADD COLUMN public_name TEXT;
