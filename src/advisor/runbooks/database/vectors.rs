//! The vectors of pieces, a set for each model. While a set is made, the one before serves.

use super::{Database, DatabaseError};
use rusqlite::{OptionalExtension as _, params};

/// Most bytes of the vectors of one model, in a file and in memory. Pieces beyond it are found by their words alone.
const FILE_MAX: u64 = 128 << 20;
const MEMORY_MAX: u64 = 32 << 20;

/// A model for embeddings. Under another digest it is another model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VectorModel {
    pub name: String,
    pub digest: String,
}

/// What is to be embedded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Hashes of pieces, each with its text and headings.
    Texts(Vec<(String, String)>),
    Nothing,
    /// There is no room for more vectors.
    Full,
}

impl Database {
    /// Pieces without a vector of this model, at most `limit`.
    pub fn unembedded(&mut self, model: &VectorModel, limit: usize) -> Result<Due, DatabaseError> {
        let set = self.set(model)?;
        let connection = self.0.connection();
        let size: i64 = connection.query_row(
            "SELECT coalesce(sum(length(vector)), 0) FROM vectors WHERE vector_set = ?1",
            [set],
            |row| row.get(0),
        )?;
        let mut query = connection.prepare_cached(
            "SELECT hash, headings, text FROM pieces WHERE hash NOT IN (SELECT hash FROM vectors WHERE vector_set = ?1) \
             GROUP BY hash ORDER BY min(id) LIMIT ?2",
        )?;
        let mut rows = query.query(params![set, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut texts = Vec::new();
        while let Some(row) = rows.next()? {
            let headings: Vec<String> = serde_json::from_str(&row.get::<_, String>(1)?)?;
            texts.push((row.get(0)?, format!("{}\n{}", headings.join(" › "), row.get::<_, String>(2)?)));
        }
        let max = if self.0.is_in_memory() { MEMORY_MAX } else { FILE_MAX };
        Ok(match texts.is_empty() {
            true => Due::Nothing,
            false if u64::try_from(size).unwrap_or(u64::MAX) >= max => Due::Full,
            false => Due::Texts(texts),
        })
    }

    /// Stores vectors by the hashes of pieces. An empty one stands for a text that has none.
    pub fn store_vectors(&mut self, model: &VectorModel, vectors: &[(String, Vec<f32>)]) -> Result<(), DatabaseError> {
        let set = self.set(model)?;
        let transaction = self.0.connection_mut().transaction()?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT OR REPLACE INTO vectors (vector_set, hash, vector) VALUES (?1, ?2, ?3)")?;
            for (hash, vector) in vectors {
                let bytes: Vec<u8> = unit(vector).into_iter().flat_map(f32::to_le_bytes).collect();
                insert.execute(params![set, hash, bytes])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// All pieces have their vectors of this model: from now on they serve. Those of other models, and of pieces that are gone, are
    /// removed. Whether another model served before, or none.
    pub fn settle_vectors(&mut self, model: &VectorModel) -> Result<bool, DatabaseError> {
        let (set, before) = (self.set(model)?, self.serving()?);
        let transaction = self.0.connection_mut().transaction()?;
        transaction.execute("UPDATE vector_sets SET serves = 1 WHERE id = ?1 AND serves = 0", [set])?;
        transaction.execute("DELETE FROM vector_sets WHERE id <> ?1", [set])?;
        transaction
            .execute("DELETE FROM vectors WHERE vector_set <> ?1 OR hash NOT IN (SELECT hash FROM pieces)", [set])?;
        transaction.commit()?;
        Ok(before.as_ref() != Some(model))
    }

    /// The model whose vectors are searched; `None` before any has embedded all pieces.
    pub fn serving(&self) -> Result<Option<VectorModel>, DatabaseError> {
        let sql = "SELECT model, digest FROM vector_sets WHERE serves = 1 AND EXISTS (SELECT * FROM vectors WHERE vector_set = id)";
        let model = |row: &rusqlite::Row<'_>| Ok(VectorModel { name: row.get(0)?, digest: row.get(1)? });
        Ok(self.0.connection().query_row(sql, [], model).optional()?)
    }

    /// The hashes of the pieces whose vectors are nearest to `vector`, with the cosine of the angle between them, the nearest first.
    pub fn nearest(
        &self,
        model: &VectorModel,
        vector: &[f32],
        limit: usize,
    ) -> Result<Vec<(String, f32)>, DatabaseError> {
        let sought = unit(vector);
        let mut query = self.0.connection().prepare_cached(
            "SELECT hash, vector FROM vectors WHERE vector_set = (SELECT id FROM vector_sets WHERE model = ?1 AND digest = ?2) \
             AND hash IN (SELECT hash FROM pieces)",
        )?;
        let mut rows = query.query([&model.name, &model.digest])?;
        let mut nearest = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            if bytes.is_empty() || bytes.len() != sought.len() * 4 {
                continue;
            }
            let numbers = bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number));
            let cosine: f32 = numbers.zip(&sought).map(|(one, other)| one * other).sum();
            nearest.push((row.get::<_, String>(0)?, cosine));
        }
        nearest.sort_by(|(a, one), (b, other)| other.total_cmp(one).then_with(|| a.cmp(b)));
        nearest.truncate(limit);
        Ok(nearest)
    }

    /// The number of the set of a model, which is made if there is none. Of those that do not serve only the newest is kept.
    fn set(&mut self, model: &VectorModel) -> Result<i64, DatabaseError> {
        let find = "SELECT id FROM vector_sets WHERE model = ?1 AND digest = ?2";
        let connection = self.0.connection();
        let key = [&model.name, &model.digest];
        if let Some(set) = connection.query_row(find, key, |row| row.get(0)).optional()? {
            return Ok(set);
        }
        let transaction = self.0.connection_mut().transaction()?;
        transaction.execute("DELETE FROM vector_sets WHERE serves = 0", [])?;
        transaction.execute("DELETE FROM vectors WHERE vector_set NOT IN (SELECT id FROM vector_sets)", [])?;
        transaction.execute("INSERT INTO vector_sets (model, digest, serves) VALUES (?1, ?2, 0)", key)?;
        let set = transaction.last_insert_rowid();
        transaction.commit()?;
        Ok(set)
    }
}

/// The vector of length one in the same direction; an empty one if it has no direction.
fn unit(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|number| f64::from(*number).powi(2)).sum::<f64>().sqrt();
    if length == 0.0 {
        return Vec::new();
    }
    #[allow(clippy::cast_possible_truncation, reason = "at most one")]
    vector.iter().map(|number| (f64::from(*number) / length) as f32).collect()
}
