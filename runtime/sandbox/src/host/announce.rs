//! What a guest tells its clients: `ringfence:tool/announce`.
//!
//! Owns how much of it is passed on. Refuses to know who listens.

use super::HostCall;
use super::bindings::ringfence::tool::announce as wit;
use super::events::News;

/// News of one call. A guest that announces in a loop would otherwise have every client ask again
/// and again.
pub(super) const NEWS_MAX: u32 = 100;

/// Bytes of a resource's URI in the news. Bounds what listeners keep; longer ones are not passed on.
const URI_BYTES_MAX: usize = 4096;

impl HostCall {
    fn announce(&mut self, news: News) {
        if let Some(left) = self.news_left.checked_sub(1) {
            self.news_left = left;
            self.events.announce(news);
        }
    }
}

impl wit::Host for HostCall {
    fn tools_changed(&mut self) {
        self.announce(News::Tools);
    }

    fn prompts_changed(&mut self) {
        self.announce(News::Prompts);
    }

    fn resources_changed(&mut self) {
        self.announce(News::Resources);
    }

    fn resource_updated(&mut self, uri: String) {
        if uri.len() <= URI_BYTES_MAX {
            self.announce(News::Resource(uri));
        }
    }
}
