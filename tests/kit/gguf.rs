//! A tiny language model with random weights, as a GGUF file. It writes nonsense, but obeys a JSON schema, embeds text, and is loaded in
//! under a second.

/// Numbers of a vector, of the feed-forward layer, of layers, of heads.
const WIDTH: u64 = 64;
const INNER: u64 = 128;
const LAYERS: u64 = 2;
const HEADS: u32 = 4;
/// Tokens: as many as a prompt and an answer have at most, since it has hardly any token longer than a byte.
const CONTEXT: u32 = 8192;

/// Types of values.
const UINT32: u32 = 4;
const INT32: u32 = 5;
const FLOAT32: u32 = 6;
const STRING: u32 = 8;
const ARRAY: u32 = 9;
/// What the data of each tensor begins at a multiple of.
const ALIGNMENT: usize = 32;

/// The content of the file.
pub fn tiny() -> Vec<u8> {
    let vocabulary = vocabulary();
    let mut metadata = Metadata::default();
    metadata.text("general.architecture", "llama");
    metadata.text("general.name", "tiny");
    metadata.number("general.file_type", 0);
    metadata.number("llama.context_length", CONTEXT);
    metadata.number("llama.embedding_length", WIDTH as u32);
    metadata.number("llama.block_count", LAYERS as u32);
    metadata.number("llama.feed_forward_length", INNER as u32);
    metadata.number("llama.attention.head_count", HEADS);
    metadata.number("llama.attention.head_count_kv", HEADS);
    metadata.value("llama.attention.layer_norm_rms_epsilon", FLOAT32, &1e-5_f32.to_le_bytes());
    metadata.number("llama.rope.dimension_count", WIDTH as u32 / HEADS);
    metadata.number("llama.vocab_size", vocabulary.len() as u32);
    metadata.text("tokenizer.ggml.model", "llama");
    metadata.array("tokenizer.ggml.tokens", STRING, vocabulary.iter().map(|token| string(&token.text)));
    metadata.array("tokenizer.ggml.scores", FLOAT32, vocabulary.iter().map(|token| token.score.to_le_bytes()));
    metadata.array("tokenizer.ggml.token_type", INT32, vocabulary.iter().map(|token| token.kind.to_le_bytes()));
    metadata.number("tokenizer.ggml.unknown_token_id", 0);
    metadata.number("tokenizer.ggml.bos_token_id", 1);
    metadata.number("tokenizer.ggml.eos_token_id", 2);
    file(&metadata, &tensors(vocabulary.len() as u64))
}

struct Token {
    text: String,
    score: f32,
    /// 1 is text, 2 unknown, 3 a control token, 6 a byte.
    kind: i32,
}

fn vocabulary() -> Vec<Token> {
    let of = |text: &str, score, kind| Token { text: text.into(), score, kind };
    let mut tokens = vec![of("<unk>", 0.0, 2), of("<s>", 0.0, 3), of("</s>", 0.0, 3)];
    tokens.extend((0..=255).map(|byte| of(&format!("<0x{byte:02X}>"), 0.0, 6)));
    let letters = "▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789{}[]\":,._-";
    tokens.extend(letters.chars().map(|letter| of(&letter.to_string(), -10.0, 1)));
    tokens
}

#[derive(Default)]
struct Metadata {
    count: u64,
    bytes: Vec<u8>,
}

impl Metadata {
    fn value(&mut self, key: &str, kind: u32, value: &[u8]) {
        self.count += 1;
        self.bytes.extend(string(key));
        self.bytes.extend(kind.to_le_bytes());
        self.bytes.extend(value);
    }

    fn text(&mut self, key: &str, value: &str) {
        self.value(key, STRING, &string(value));
    }

    fn number(&mut self, key: &str, value: u32) {
        self.value(key, UINT32, &value.to_le_bytes());
    }

    fn array<V: AsRef<[u8]>>(&mut self, key: &str, kind: u32, values: impl ExactSizeIterator<Item = V>) {
        let mut bytes = [&kind.to_le_bytes()[..], &(values.len() as u64).to_le_bytes()].concat();
        values.for_each(|value| bytes.extend(value.as_ref()));
        self.value(key, ARRAY, &bytes);
    }
}

fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

struct Tensor {
    name: String,
    /// The innermost first.
    shape: Vec<u64>,
    data: Vec<f32>,
}

fn tensors(words: u64) -> Vec<Tensor> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut tensors = Vec::new();
    let mut random = |name: String, shape: [u64; 2]| {
        let data = (0..shape[0] * shape[1]).map(|_| numbers.next() * 0.05).collect();
        tensors.push(Tensor { name, shape: shape.to_vec(), data });
    };
    random("token_embd.weight".into(), [WIDTH, words]);
    random("output.weight".into(), [WIDTH, words]);
    for layer in 0..LAYERS {
        for part in ["attn_q", "attn_k", "attn_v", "attn_output"] {
            random(format!("blk.{layer}.{part}.weight"), [WIDTH, WIDTH]);
        }
        random(format!("blk.{layer}.ffn_gate.weight"), [WIDTH, INNER]);
        random(format!("blk.{layer}.ffn_up.weight"), [WIDTH, INNER]);
        random(format!("blk.{layer}.ffn_down.weight"), [INNER, WIDTH]);
    }
    let ones = |name: String| Tensor { name, shape: vec![WIDTH], data: vec![1.0; WIDTH as usize] };
    tensors.push(ones("output_norm.weight".into()));
    for layer in 0..LAYERS {
        tensors.push(ones(format!("blk.{layer}.attn_norm.weight")));
        tensors.push(ones(format!("blk.{layer}.ffn_norm.weight")));
    }
    tensors
}

/// The same numbers each time, about normally distributed with variance 1.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        let sum: f32 = (0..12).map(|_| self.uniform()).sum();
        sum - 6.0
    }

    /// xorshift64: from 0 to 1.
    fn uniform(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }
}

fn file(metadata: &Metadata, tensors: &[Tensor]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3_u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend(metadata.count.to_le_bytes());
    out.extend(&metadata.bytes);
    let mut offset = 0_u64;
    for tensor in tensors {
        out.extend(string(&tensor.name));
        out.extend((tensor.shape.len() as u32).to_le_bytes());
        tensor.shape.iter().for_each(|length| out.extend(length.to_le_bytes()));
        // Of type F32.
        out.extend(0_u32.to_le_bytes());
        out.extend(offset.to_le_bytes());
        offset += (tensor.data.len() * 4).next_multiple_of(ALIGNMENT) as u64;
    }
    for tensor in tensors {
        out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
        tensor.data.iter().for_each(|number| out.extend(number.to_le_bytes()));
    }
    out
}
