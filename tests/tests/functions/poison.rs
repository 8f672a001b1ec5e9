//! What cannot be done is shown to people.

use std::time::Duration;

use tests::{Deployed, user};

#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn promise_5_a_poison_message_appears_in_chat_and_in_the_list() {
    let mut deployed = Deployed::into("agwtest06", 1).await;
    deployed.pace.visibility_timeout = Some(Duration::ZERO);
    deployed.start().await;
    deployed.storage.create_queue("agw-work").await.unwrap();
    deployed.storage.send("agw-work", "who am I").await.unwrap();
    deployed.until_status("Dead letter").await.says("did not write");
    let tries = deployed.hosts[0].invocations();
    assert_eq!(tries.iter().filter(|call| call.function == "work").count(), 5, "{tries:?}");
    deployed
        .until("the end of it", |here| {
            here.hosts[0].invocations().into_iter().find(|call| call.function == "poison")
        })
        .await;
    deployed.agw(&["list", "--store", "azure"]).await.ends(0).prints("Dead letter");
    deployed.talk.slack("bob", "/agw list").await;
    let told = deployed.until("the list", |here| here.talk.slack.read_private(&user("bob")).pop()).await;
    told.says("Dead letter");
    assert_eq!(deployed.talk.slack.messages().len(), 1, "told once");
    for queue in ["agw-work", "agw-work-poison"] {
        deployed.storage.until_count(queue, 0).await;
    }
    deployed.finish();
}

#[tokio::test]
#[ignore = "needs a package and Azurite: cargo xtask test"]
async fn promise_5_a_hint_that_was_lost_is_made_up_for_by_the_timer() {
    let mut deployed = Deployed::into("agwtest07", 1).await;
    // Nobody listens to the queue: each message is taken away before a host sees it.
    deployed.pace.polling = Duration::from_secs(3600);
    deployed.pace.max_polling = Some(Duration::from_secs(3600));
    deployed.pace.timers = false;
    let alone = deployed.instance(false).await;
    deployed.talk.bot_is_at(alone.url());
    deployed.alert().await;
    let taken = deployed.storage.get_messages("agw-work", 32, Duration::from_secs(600)).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert!(taken[0].decoded().unwrap().starts_with("request:"), "{taken:?}");
    drop(alone);
    deployed.pace = tests::functions::HostPace::default();
    deployed.pace.tick = Some(Duration::from_millis(500));
    deployed.start().await;
    deployed.until_status("Unhealthy").await;
    deployed.finish();
}
