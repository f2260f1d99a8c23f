//! What a source of overrides has, as the store takes it.

use config::{ConfigError, Map, Source, Value, ValueKind};

/// Overrides by their paths. Of the same path, the later one counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries(Vec<(String, Value)>);

impl Entries {
    pub(super) fn new(entries: impl IntoIterator<Item = (Vec<String>, Value)>) -> Self {
        let nested = entries
            .into_iter()
            .map(|(path, value)| nested(&path, value));
        Self(nested.collect())
    }
}

impl Source for Entries {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let mut all = Value::new(None, Map::<String, Value>::new());
        self.collect_to(&mut all)?;
        all.into_table()
    }

    fn collect_to(&self, cache: &mut Value) -> Result<(), ConfigError> {
        // One by one: several are of the same table.
        for entry in &self.0 {
            One(entry.clone()).collect_to(cache)?;
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct One((String, Value));

impl Source for One {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        Ok(Map::from_iter([self.0.clone()]))
    }
}

/// `value` at `path`, as the key of the outermost table and what is in it.
fn nested(path: &[String], value: Value) -> (String, Value) {
    let mut parts = path.iter().rev();
    let last = parts.next().cloned().unwrap_or_default();
    parts.fold((last, value), |(key, value), outer| {
        let inner = Map::from_iter([(key, value)]);
        (outer.clone(), Value::new(None, inner))
    })
}

/// Everything in `stored` that is no table, with its path.
pub(super) fn leaves(stored: Value) -> Vec<(Vec<String>, Value)> {
    fn gather(path: &[String], stored: Value, found: &mut Vec<(Vec<String>, Value)>) {
        match stored.kind {
            ValueKind::Table(table) => {
                for (key, value) in table {
                    let path: Vec<_> = path.iter().cloned().chain([key]).collect();
                    gather(&path, value, found);
                }
            }
            _ => found.push((path.to_vec(), stored)),
        }
    }
    let mut found = Vec::new();
    gather(&[], stored, &mut found);
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    found
}
