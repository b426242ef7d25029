//! The votes on advice in the cluster, by the sections that it cited.

use super::coverage::CoverageArgs;
use crate::api::Action;
use crate::cli::{CliError, client};
use crate::domain::advice::votes::{Cast, SectionVotes, VERB, by_section};
use crate::runtime::write::call;
use kube::Api;
use kube::api::ListParams;
use kube::core::DeserializeGuard;

/// Actions of one page.
const PAGE: u32 = 500;

/// All that are kept, those with the most that say `wrong` first.
pub async fn read(args: &CoverageArgs) -> Result<Vec<SectionVotes>, CliError> {
    let client = match &args.kubeconfig {
        Some(path) => client::of_file(path).await?,
        None => client::client(client::inferred().await?)?,
    };
    let namespace = args.namespace.clone().unwrap_or_else(|| client.default_namespace().to_string());
    let api: Api<DeserializeGuard<Action>> = Api::namespaced(client, &namespace);
    let mut params = ListParams::default().fields(&format!("spec.verb={VERB}")).limit(PAGE);
    let mut actions: Vec<Action> = Vec::new();
    loop {
        let page = call(api.list(&params)).await?;
        actions.extend(page.items.into_iter().filter_map(|action| action.0.ok()));
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            return Ok(by_section(actions.iter().filter_map(Cast::of)));
        }
    }
}
