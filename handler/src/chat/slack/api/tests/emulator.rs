//! Against an emulator of Slack's Web API: one whose address is in `AGW_TEST_SLACK_API`, and whose channel is in
//! `AGW_TEST_SLACK_CHANNEL`.

use super::*;

#[tokio::test]
#[ignore = "needs an emulator of Slack's Web API"]
async fn an_emulator_takes_messages_changes_private_answers_and_files() {
    let setting = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let base = ApiBase::parse(&setting("AGW_TEST_SLACK_API")).expect("an address");
    let chat = SlackChat::new(base, TOKEN.into(), Arc::default() as Arc<fakes::SetClock>);
    let channel = Channel { platform: Platform::Slack, id: setting("AGW_TEST_SLACK_CHANNEL") };
    let message = chat.post(&channel, &card()).await.expect("posted");
    chat.update(&message, &files::long()).await.expect("updated");
    chat.thread(&message, &files::long()).await.expect("a message and a file");
    let asked = ReplyTo { channel, ..to(None) };
    chat.reply(&asked, &card()).await.expect("said");
    let gone = MessageRef { id: "1.2".into(), ..message };
    assert!(matches!(chat.update(&gone, &card()).await, Err(ChatError::Gone { .. })));
}
