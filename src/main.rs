fn main() {
    print!("{}", agentic_ops::cli::crds::render().unwrap_or_default());
}
