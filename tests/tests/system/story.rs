//! The story that the bot is for.

use domain::alert::Condition::{Fired, Resolved};
use tests::{AlertBody, Stage, World, differences};

#[tokio::test]
async fn an_alert_is_explained_approved_and_fixed_in_one_message() {
    let world = World::stage("root-403").await;
    let before = world.azure.gateway();
    assert_eq!(world.visit().await, 502);

    world.alert(Fired).await;
    let offer = world.message().await;
    println!("{offer}\n---\n{}", offer.seen());
    for t in world.thread().await { println!("THREAD {t}"); }
    world.click("alex", "Approve").await;
    let end = world.message().await;
    println!("{end}");
    for t in world.thread().await { println!("THREAD {t}"); }
    println!("{:#?}", differences(&before, &world.azure.gateway()));
    println!("{} {}", world.slack.calls("chat.postMessage"), world.slack.calls("chat.update"));
    for r in &world.talk.latest().revisions { println!("{}", r.status()); }
    world.finish().await;
}
