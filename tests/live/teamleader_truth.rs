//! What the rules of the teamleader preset give, as plain SQL over all rows, and how a user is compared with it.
//!
//! It is written from the rules and not from the generated SQL: a superuser runs it, so no policy takes part.

use crate::support::{Refused, World, applier, apply_as, project_file, tables_only};
use crm_access::program::Target;

/// The preset as it is shipped.
pub fn preset() -> String {
    project_file("examples/teamleader.yaml")
}

/// The preset with lines changed; each `from` must stand there exactly once.
pub fn preset_with(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(preset(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "`{from}` stands once in teamleader.yaml");
        text.replace(from, to)
    })
}

/// A configuration applied after the data were prepared by SQL, or why it was refused; then nothing may stand.
pub fn applied_after(target: Target, prepared: &str, text: &str) -> Result<World, Refused> {
    let database = tables_only("teamleader", target);
    let mut world = World::open(database, target);
    world.own(prepared).expect("the data can be prepared");
    match apply_as(&world.database, applier(target), target, text) {
        Ok(_) => Ok(world),
        Err(refused) => {
            let policies = world.really("SELECT polname FROM pg_policy");
            let switched = world.really("SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace");
            let functions = world.really("SELECT nspname FROM pg_namespace WHERE nspname = 'crm_access_rules'");
            let triggers = world.really("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid NOT IN (SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('crm_access'))");
            let nothing: Vec<String> = Vec::new();
            assert_eq!((policies, switched, functions, triggers), (nothing.clone(), nothing.clone(), nothing.clone(), nothing));
            if world.really("SELECT to_regclass('crm_access.version')") != ["null"] {
                assert_eq!(world.really("SELECT count(*) FROM crm_access.version"), ["0"]);
            }
            Err(refused)
        }
    }
}

/// Companies, contacts, links, deals, quotations, invoices, tickets and activities: queries that give keys.
#[derive(Clone)]
pub struct Sets {
    pub companies: String,
    pub contacts: String,
    pub links: String,
    pub deals: String,
    pub quotations: String,
    pub invoices: String,
    pub tickets: String,
    pub activities: String,
}

/// One table: what a user may read and update there, and what they may delete.
pub struct Table {
    pub name: &'static str,
    /// An assignment that reads no column.
    change: &'static str,
    pub keys: String,
    deletable: String,
}

pub fn managed(user: &str) -> String {
    format!("SELECT id FROM companies WHERE ({user} IN (account_manager_id, second_account_manager_id)) IS TRUE")
}

impl Sets {
    pub fn everything() -> Sets {
        let all = |table: &str| format!("SELECT id FROM {table}");
        Sets {
            companies: all("companies"),
            contacts: all("contacts"),
            links: all("contact_companies"),
            deals: all("deals"),
            quotations: all("quotations"),
            invoices: all("invoices"),
            tickets: all("tickets"),
            activities: all("activities"),
        }
    }

    /// Limited CRM access, one visible company being enough for a contact (T2 to T7).
    pub fn limited(user: &str) -> Sets {
        Sets::limited_by(
            user,
            &format!("EXISTS (SELECT FROM contact_companies l WHERE l.contact_id = k.id AND l.company_id IN ({}))", managed(user)),
        )
    }

    /// The same where all companies of a contact must be visible.
    pub fn limited_by_all_links(user: &str) -> Sets {
        let (links, others) = ("SELECT FROM contact_companies l WHERE l.contact_id = k.id", managed(user));
        Sets::limited_by(user, &format!("EXISTS ({links}) AND NOT EXISTS ({links} AND l.company_id NOT IN ({others}))"))
    }

    fn limited_by(user: &str, linked: &str) -> Sets {
        let companies = managed(user);
        let contacts = format!(
            "SELECT k.id FROM contacts k WHERE ({linked})
             OR (k.created_by = {user} AND NOT EXISTS (SELECT FROM contact_companies l WHERE l.contact_id = k.id))"
        );
        let through = |table: &str| {
            format!("SELECT id FROM {table} WHERE company_id IN ({companies}) OR (company_id IS NULL AND contact_id IN ({contacts}))")
        };
        let deals = through("deals");
        Sets {
            links: format!("SELECT id FROM contact_companies WHERE company_id IN ({companies}) AND contact_id IN ({contacts})"),
            quotations: format!("SELECT id FROM quotations WHERE deal_id IN ({deals})"),
            invoices: through("invoices"),
            deals,
            companies,
            contacts,
            ..Sets::everything()
        }
    }

    /// Limited deal access (T13): one's own deals and, where the French page is followed, those of the companies one manages.
    pub fn limited_deals(user: &str, french: bool) -> Sets {
        let managed = if french { format!(" OR company_id IN ({})", managed(user)) } else { String::new() };
        let deals = format!("SELECT id FROM deals WHERE responsible_id = {user}{managed}");
        Sets { quotations: format!("SELECT id FROM quotations WHERE deal_id IN ({deals})"), deals, ..Sets::everything() }
    }

    /// What an intern reads.
    pub fn intern(user: &str) -> Sets {
        let none = |table: &str| format!("SELECT id FROM {table} WHERE false");
        let companies = managed(user);
        let contacts = format!(
            "SELECT id FROM contacts WHERE created_by = {user}
             OR id IN (SELECT contact_id FROM contact_companies WHERE company_id IN ({companies}))"
        );
        Sets {
            links: format!("SELECT id FROM contact_companies WHERE company_id IN ({companies}) AND contact_id IN ({contacts})"),
            companies,
            contacts,
            deals: none("deals"),
            quotations: none("quotations"),
            invoices: none("invoices"),
            tickets: format!("SELECT id FROM tickets WHERE region = (SELECT u.region FROM users u WHERE u.id = {user})"),
            activities: none("activities"),
        }
    }

    /// What is in both.
    pub fn and(&self, other: &Sets) -> Sets {
        let both = |a: &str, b: &str| format!("({a}) INTERSECT ({b})");
        Sets {
            companies: both(&self.companies, &other.companies),
            contacts: both(&self.contacts, &other.contacts),
            links: both(&self.links, &other.links),
            deals: both(&self.deals, &other.deals),
            quotations: both(&self.quotations, &other.quotations),
            invoices: both(&self.invoices, &other.invoices),
            tickets: both(&self.tickets, &other.tickets),
            activities: both(&self.activities, &other.activities),
        }
    }

    /// The tables, with what an employee who sees these sets may delete.
    pub fn tables(&self, user: &str) -> [Table; 8] {
        let table = |name, change, keys: &str, deletable: &str| Table {
            name,
            change,
            keys: keys.to_owned(),
            deletable: format!("SELECT id FROM {name} WHERE id IN ({keys}) AND {deletable}"),
        };
        let managed = format!("id IN ({})", managed(user));
        let made = format!("created_by = {user}");
        let responsible = format!("responsible_id = {user}");
        let quoted = format!("deal_id IN (SELECT id FROM deals WHERE {responsible})");
        [
            table("companies", "city = 'Anywhere'", &self.companies, &managed),
            table("contacts", "city = 'Anywhere'", &self.contacts, &made),
            table("contact_companies", "position = 'clerk'", &self.links, "true"),
            table("deals", "amount = 1", &self.deals, &responsible),
            table("quotations", "amount = 1", &self.quotations, &quoted),
            table("invoices", "amount = 1", &self.invoices, "false"),
            table("tickets", "status = 'closed'", &self.tickets, "true"),
            table("activities", "subject = 'Anything'", &self.activities, "true"),
        ]
    }
}

/// Asserts that the user reads exactly these sets.
#[track_caller]
pub fn reads(world: &mut World, user: &str, sets: &Sets) {
    for table in sets.tables(user) {
        let truth = world.really(&table.keys);
        assert_eq!(world.sees(user, &format!("SELECT id FROM {}", table.name)), truth, "{} as {user}", table.name);
        assert_eq!(world.count(user, table.name), truth.len() as u64, "{} as {user}", table.name);
    }
}

/// Asserts that an employee reads, updates and deletes exactly these sets: with and without WHERE, with and without RETURNING.
#[track_caller]
pub fn commands(world: &mut World, user: &str, sets: &Sets) {
    reads(world, user, sets);
    free_of_references(world);
    for Table { name, change, keys, deletable } in sets.tables(user) {
        let (truth, deletable) = (world.really(&keys), world.really(&deletable));
        let place = format!("{name} as {user}");
        assert_eq!(world.sees(user, &format!("UPDATE {name} SET {change} WHERE id > 0 RETURNING id")), truth, "{place}");
        assert_eq!(world.tries(user, &format!("UPDATE {name} SET {change} WHERE id > 0")), Ok(truth.len() as u64), "{place}");
        assert_eq!(world.tries(user, &format!("UPDATE {name} SET {change}")), Ok(truth.len() as u64), "{place}");
        assert_eq!(world.sees(user, &format!("SELECT id FROM {name} FOR UPDATE")), truth, "{place}");
        assert_eq!(world.sees(user, &format!("DELETE FROM {name} WHERE id > 0 RETURNING id")), deletable, "{place}");
        assert_eq!(world.tries(user, &format!("DELETE FROM {name} WHERE id > 0")), Ok(deletable.len() as u64), "{place}");
        assert_eq!(world.tries(user, &format!("DELETE FROM {name}")), Ok(deletable.len() as u64), "{place}");
    }
}

/// Takes the foreign keys away, which would stop a DELETE that no policy stops.
fn free_of_references(world: &mut World) {
    world.force(
        "DO $$ DECLARE c record; BEGIN
             FOR c IN SELECT conrelid::regclass AS relation, conname FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace LOOP
                 EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.relation, c.conname);
             END LOOP;
         END $$",
    );
}

/// Keys of the rows written by hand and of some that are generated.
pub fn some_keys(world: &mut World, table: &str) -> Vec<String> {
    world.really(&format!("SELECT id FROM {table} WHERE id < 18 OR id % 17 = 0"))
}

/// Of these keys those that a query gives.
pub fn among(world: &mut World, keys: &[String], query: &str) -> Vec<String> {
    let truth = world.really(query);
    keys.iter().filter(|key| truth.contains(key)).cloned().collect()
}

/// Users who have limited CRM access in the preset's data, all of them employees.
pub const LIMITED: [&str; 6] = ["3", "4", "6", "15", "16", "20"];
