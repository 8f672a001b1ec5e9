//! One incident on Slack, Teams and Discord at once.

use domain::alert::Condition::Fired;
use domain::approval::Approver;
use domain::request::Platform;
use tests::{CHANNEL, FakeDiscord, FakeTeams, Stage, user};

#[tokio::test]
async fn an_incident_is_shown_on_all_platforms_decided_on_one_and_the_loser_is_told_who_was_first() {
    let (teams, discord) = (FakeTeams::start().await, FakeDiscord::start().await);
    let stage = Stage::named("root-403").config(teams.config(&["dana"])).config(discord.connect());
    let stage = stage.config(|config| {
        config.slack.alert_channels = vec![CHANNEL.to_owned()];
        let alex = Approver::Person { platform: Platform::Slack, id: user("alex") };
        config.approval.approvers.extend([alex, FakeDiscord::approver("eve")]);
    });
    let world = stage.start().await;
    world.alert(Fired).await;
    let (slack, there, elsewhere) =
        (world.message().await, teams.message(&world).await, discord.message(&world).await);
    for buttons in [slack.buttons(), there.buttons(), elsewhere.buttons()] {
        assert_eq!(buttons, ["Approve", "Reject"]);
    }
    // Both press before the bot has looked at either.
    discord.press(&world, "eve", &elsewhere, "Approve").await;
    teams.press(&world, "dana", &there, "Approve").await;

    assert_eq!(world.message().await.status(), "Fixed");
    assert_eq!(teams.message(&world).await.status(), "Fixed");
    assert_eq!(discord.message(&world).await.status(), "Fixed");
    assert_eq!((world.azure.puts(), world.visit().await), (1, 200));
    // Each request is routed in its turn; whichever it was, one of them was too late and hears of it alone.
    let late = (teams.private(&world, "dana").await, discord.private(&world, "eve").await);
    match (late.0.as_slice(), late.1.as_slice()) {
        ([told], []) => drop(told.says("Already approved by eve at")),
        ([], [told]) => drop(told.says("Already approved by dana at")),
        both => panic!("{both:#?}"),
    }
    world.thread().await;
    teams.thread(&world, &there).await;
    discord.thread(&world, &elsewhere).await;
    discord.close();
    teams.finish(world).await;
}
