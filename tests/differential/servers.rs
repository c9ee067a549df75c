//! What minor versions of the server do differently.

use crate::support::{connect, refused};

/// Whether the server asks policies of the row in the way of an INSERT before it asks the condition of DO UPDATE; minor versions that do not have a
/// fault (lint `vulnerable-server`). `crm_backend` must be there.
pub fn asks_policy_first(database: &str) -> bool {
    connect(database, "postgres")
        .batch_execute(
            "CREATE TABLE public.in_the_way (id integer PRIMARY KEY); INSERT INTO public.in_the_way VALUES (1);
             GRANT ALL ON public.in_the_way TO crm_backend; ALTER TABLE public.in_the_way ENABLE ROW LEVEL SECURITY;
             CREATE POLICY see ON public.in_the_way FOR SELECT USING (true); CREATE POLICY add ON public.in_the_way FOR INSERT WITH CHECK (true);
             CREATE POLICY change ON public.in_the_way FOR UPDATE USING (id = 2)",
        )
        .expect("a table");
    let asked = "INSERT INTO public.in_the_way AS i VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 3 WHERE i.id = 2";
    let first = match connect(database, "crm_backend").execute(asked, &[]) {
        Ok(0) => false,
        Ok(_) => panic!("{asked} changed a row"),
        Err(error) => refused::<()>(Err(error.into()), "42501").state == "42501",
    };
    connect(database, "postgres").batch_execute("DROP TABLE public.in_the_way").expect("a table");
    first
}
