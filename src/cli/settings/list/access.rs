//! Who may use the REST facade, and where it is reached.

use super::{Setting, setting};
use crate::cli::settings::format::Format;

pub const SETTINGS: &[Setting] = &[
    setting(
        "AGENTIC_AUTH_SECRET_FILE",
        None,
        Format::File,
        "file with the secret for tokens signed by the Desk with HS256",
    ),
    setting(
        "AGENTIC_AUTH_JWKS_URL",
        None,
        Format::Url,
        "URL of the key set for tokens signed by the Desk with RS256 or ES256",
    ),
    setting(
        "AGENTIC_AUTH_SERVICE_ACCOUNTS",
        None,
        Format::ServiceAccounts,
        "roles of service accounts whose tokens the REST facade accepts",
    ),
    setting(
        "AGENTIC_AUTH_TOKEN_REVIEW",
        Some("false"),
        Format::Bool,
        "whether the REST facade accepts tokens of the cluster, by TokenReview; set by the chart",
    ),
    setting("AGENTIC_AUTH_ISSUER", None, Format::Any, "required issuer (`iss`) of tokens"),
    setting("AGENTIC_AUTH_AUDIENCE", Some("agentic-ops"), Format::Any, "required audience (`aud`) of tokens"),
    setting("AGENTIC_AUTH_ROLES_CLAIM", Some("roles"), Format::Any, "claim of tokens with the roles"),
    setting(
        "AGENTIC_NAMES_CHECKED",
        Some("false"),
        Format::Bool,
        "whether an admission policy of the API server verifies names, so that names written with kubectl are proven; set by the chart",
    ),
    setting(
        "AGENTIC_DESK_URL",
        None,
        Format::Url,
        "base URL of links in mail and ntfy; defaults to the address of --desk-listen, or else of --listen",
    ),
    setting(
        "AGENTIC_DESK_ORIGINS",
        None,
        Format::Origins,
        "origins besides its own whose pages may send forms to the panel, such as that of the Desk that hands a token over, separated by commas",
    ),
    setting(
        "AGENTIC_DESK_FRAME_ANCESTORS",
        None,
        Format::Origins,
        "origins besides its own whose pages may show the panel in a frame, separated by commas; browsers send its cookie there only from the same site",
    ),
];
