//! The methods of Slack's Web API that the bot calls, each beside the scope that it takes.
//!
//! Nothing else can be called, and the app's manifest asks for these scopes: a new method brings its own.

/// Makes the list: name, scope and all come from one table.
macro_rules! methods {
    ($($(#[$about:meta])* $method:ident = $name:literal, $scope:expr;)+) => {
        /// A method of the Web API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Method {
            $($(#[$about])* $method,)+
        }

        impl Method {
            /// Every one of them.
            pub(super) const ALL: &[Self] = &[$(Self::$method),+];

            /// Its name in an address.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$method => $name,)+
                }
            }

            /// The scope that the bot's token needs for it, as the method's own page says; none for some.
            pub(super) fn scope(self) -> Option<&'static str> {
                match self {
                    $(Self::$method => $scope,)+
                }
            }
        }
    };
}

methods! {
    /// Says something in a channel or thread.
    PostMessage = "chat.postMessage", Some("chat:write");
    /// Changes a message of the bot's.
    UpdateMessage = "chat.update", Some("chat:write");
    /// Says something to one person.
    PostEphemeral = "chat.postEphemeral", Some("chat:write");
    /// Opens a dialog before somebody who just pressed a button.
    OpenView = "views.open", None;
    /// Shows somebody the home tab.
    PublishView = "views.publish", None;
    /// Where to put a file.
    UploadUrl = "files.getUploadURLExternal", Some("files:write");
    /// Shows a file that was put there.
    ShareFile = "files.completeUploadExternal", Some("files:write");
    /// Who is in a user group.
    GroupMembers = "usergroups.users.list", Some("usergroups:read");
    /// Who the bot is, and what it may do.
    WhoAmI = "auth.test", None;
    /// Whether the bot is in a channel: called only where the app happens to have `channels:read` or `groups:read`, which
    /// the bot does not need.
    ChannelInfo = "conversations.info", None;
}
