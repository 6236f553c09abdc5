//! The JSON Schema of the config: for editors, for the walk that finds every problem of shape, and
//! for the reference pages.

use crate::{load::Completeness, shape::GatewayConfig};
use portcullis_core::tree::check::FormatCheck;
use portcullis_policies::{policy::Level, table};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

/// Where the schema lists what a route must have.
const ROUTE_REQUIRED: &str = "/$defs/Route/required";

/// The schema of a whole config (JSON Schema 2020-12), policies at every level included.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut root = generator.root_schema_for::<GatewayConfig>().to_value();
    let policies = [
        ("gateway", Level::Gateway),
        ("api", Level::Api),
        ("route", Level::Route),
        ("operation", Level::Operation),
    ]
    .map(|(word, level)| (word, properties(level, &mut generator)));
    add_policies(&mut root, &policies);
    for (name, definition) in generator.take_definitions(true) {
        if let Some(definitions) = root.get_mut("$defs").and_then(Value::as_object_mut) {
            definitions.entry(name).or_insert(definition);
        }
    }
    // The walk leaves this to the compiler, which can say more about it.
    if let Some(required) = root.pointer_mut(ROUTE_REQUIRED).and_then(Value::as_array_mut) {
        required.push("access".into());
    }
    if let Some(root) = root.as_object_mut() {
        root.insert("title".into(), "Portcullis gateway".into());
        root.remove("x-level");
    }
    root
}

/// The schema that a config is compared with: a fragment may leave its listeners out.
pub(crate) fn schema_for(completeness: Completeness) -> Value {
    let mut schema = schema();
    if let Some(required) = schema.pointer_mut(ROUTE_REQUIRED).and_then(Value::as_array_mut) {
        required.retain(|name| name != "access");
    }
    let required = schema.get_mut("required").and_then(Value::as_array_mut);
    if let (Completeness::Fragment, Some(required)) = (completeness, required) {
        required.retain(|name| name != "listeners");
    }
    schema
}

/// The formats that the schema uses beside those of the core.
pub fn formats() -> Vec<(&'static str, FormatCheck)> {
    [crate::shape::FORMATS, &table::policy_formats()].concat()
}

fn properties(level: Level, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let fields = table::properties(level, generator);
    let marked = fields.into_iter().map(|(name, mut schema)| {
        schema.insert("x-policy".into(), true.into());
        (name.to_owned(), schema.to_value())
    });
    marked.collect()
}

/// Adds the policies to every type that is a level, and closes the type: what is neither its own field
/// nor a policy is an error.
fn add_policies(schema: &mut Value, policies: &[(&str, Map<String, Value>)]) {
    let Some(object) = schema.as_object_mut() else { return };
    let level = object.remove("x-level");
    if let Some((_, fields)) = policies.iter().find(|(word, _)| level == Some((*word).into())) {
        let own = object.entry("properties").or_insert_with(|| Map::new().into());
        if let Some(own) = own.as_object_mut() {
            own.extend(fields.clone());
        }
        object.insert("additionalProperties".into(), false.into());
    }
    if let Some(definitions) = object.get_mut("$defs").and_then(Value::as_object_mut) {
        definitions.values_mut().for_each(|definition| add_policies(definition, policies));
    }
}
