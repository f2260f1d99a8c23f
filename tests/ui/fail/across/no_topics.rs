use kafka_model::KafkaModel;

#[derive(KafkaModel)]
#[kafka(group_id = "service")]
struct Service {}
//~^ ERROR the model has no fields

fn main() {}
