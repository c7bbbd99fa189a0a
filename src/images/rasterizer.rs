//! Rasterizes SVG to PNG with limited concurrency and a cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::web::{self, Bytes};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{FontResolver, Options, Tree};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::http::problem::{Problem, ProblemKind};
use crate::images::font::FONTS;

/// Maximum size of the cache.
const MAX_CACHE_BYTES: usize = 16 * 1_024 * 1_024;

/// SHA-256 digest of size and SVG.
type CacheKey = [u8; 32];

/// Rasterizes images on the blocking thread pool.
pub struct PngRenderer {
    permits: Semaphore,
    cache: Mutex<PngCache>,
}

/// Size of a picture in pixels.
#[derive(Clone, Copy, Debug)]
pub struct PixelSize {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Default for PngRenderer {
    fn default() -> Self {
        // At most half of the processors.
        let permits = available_parallelism().map_or(1, |all| all.get().div_ceil(2));
        Self { permits: Semaphore::new(permits), cache: Mutex::default() }
    }
}

impl PngRenderer {
    /// Rasterizes an SVG to a size in pixels; 503 if it does not start within `wait`.
    pub async fn render(
        &self,
        svg: String,
        size: PixelSize,
        wait: Duration,
    ) -> Result<Bytes, Problem> {
        let key: CacheKey = Sha256::new()
            .chain_update(size.width.to_le_bytes())
            .chain_update(size.height.to_le_bytes())
            .chain_update(&svg)
            .finalize()
            .into();
        if let Some(picture) = self.cached(&key) {
            return Ok(picture);
        }
        let busy = |_| {
            Problem::new(ProblemKind::Unavailable, "Image rendering is overloaded; retry later.")
                .with_header(header::RETRY_AFTER, "1")
        };
        let permit = tokio::time::timeout(wait, self.permits.acquire())
            .await
            .map_err(busy)?
            .map_err(Problem::internal)?;
        // Another request may have rendered the image in the meantime.
        if let Some(picture) = self.cached(&key) {
            return Ok(picture);
        }
        let encoded = web::block(move || rasterize(&svg, size))
            .await
            .map_err(Problem::internal)?
            .map_err(Problem::internal)?;
        drop(permit);
        let picture = Bytes::from(encoded);
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).insert(key, picture.clone());
        Ok(picture)
    }

    fn cached(&self, key: &CacheKey) -> Option<Bytes> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(key)
    }
}

/// Least-recently-used cache of images.
#[derive(Default)]
struct PngCache {
    entries: HashMap<CacheKey, (Bytes, Instant)>,
    total_bytes: usize,
}

impl PngCache {
    fn get(&mut self, key: &CacheKey) -> Option<Bytes> {
        let (picture, last_used) = self.entries.get_mut(key)?;
        *last_used = Instant::now();
        Some(picture.clone())
    }

    /// Inserts an image and evicts the least recently used ones.
    fn insert(&mut self, key: CacheKey, picture: Bytes) {
        self.total_bytes = self.total_bytes.saturating_add(picture.len());
        if let Some((replaced, _)) = self.entries.insert(key, (picture, Instant::now())) {
            self.total_bytes = self.total_bytes.saturating_sub(replaced.len());
        }
        while self.total_bytes > MAX_CACHE_BYTES {
            let Some(oldest) = self
                .entries
                .iter()
                .min_by_key(|(_, (_, last_used))| *last_used)
                .map(|(key, _)| *key)
            else {
                return;
            };
            if let Some((evicted, _)) = self.entries.remove(&oldest) {
                self.total_bytes = self.total_bytes.saturating_sub(evicted.len());
            }
        }
    }
}

/// Rasterizes an SVG to a PNG of a size in pixels.
fn rasterize(svg: &str, size: PixelSize) -> Result<Vec<u8>, String> {
    let PixelSize { width, height } = size;
    let options = Options {
        font_resolver: FontResolver {
            select_font: Box::new(|font, _| FONTS.nearest_weight(font.weight())),
            select_fallback: Box::new(|_, _, _| None),
        },
        fontdb: Arc::clone(&FONTS.database),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| format!("invalid SVG: {error}"))?;
    let mut canvas = Pixmap::new(width, height)
        .ok_or_else(|| format!("cannot allocate a {width}x{height} canvas"))?;
    let scale = f32::from(u16::try_from(width).unwrap_or(0)) / tree.size().width();
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut canvas.as_mut());
    encode_png(&canvas).map_err(|error| format!("PNG encoding failed: {error}"))
}

/// Encodes a canvas as RGB PNG; images are opaque.
fn encode_png(canvas: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let rgb: Vec<u8> = canvas
        .pixels()
        .iter()
        .flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
        .collect();
    let mut bytes = Vec::with_capacity(128 * 1_024);
    let mut encoder = png::Encoder::new(&mut bytes, canvas.width(), canvas.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::poster::Poster;

    #[test]
    fn evicts_least_recently_used() {
        let mut cache = PngCache::default();
        let actual_bytes = |cache: &PngCache| {
            cache.entries.values().map(|(picture, _)| picture.len()).sum::<usize>()
        };
        let picture = || Bytes::from(vec![0_u8; MAX_CACHE_BYTES / 4]);
        for number in 0..4 {
            cache.insert([number; 32], picture());
        }
        assert!(cache.get(&[0; 32]).is_some());
        cache.insert([9; 32], picture());
        assert!(cache.get(&[0; 32]).is_some(), "recently used");
        assert!(cache.get(&[1; 32]).is_none() && cache.get(&[9; 32]).is_some());
        assert!(cache.total_bytes <= MAX_CACHE_BYTES && cache.total_bytes == actual_bytes(&cache));
        cache.insert([9; 32], Bytes::from_static(b"less"));
        assert_eq!(cache.total_bytes, actual_bytes(&cache));
        cache.insert([8; 32], Bytes::from(vec![0_u8; MAX_CACHE_BYTES + 1]));
        assert!(cache.total_bytes <= MAX_CACHE_BYTES);
    }

    #[test]
    fn returns_unavailable_when_wait_times_out() {
        let renderer = PngRenderer { permits: Semaphore::new(0), cache: Mutex::default() };
        let svg = Poster::default().to_svg();
        let wait = Duration::from_millis(10);
        let render = || {
            actix_web::rt::System::new().block_on(renderer.render(
                svg.clone(),
                PixelSize { width: 320, height: 180 },
                wait,
            ))
        };
        assert_eq!(render().unwrap_err().kind, ProblemKind::Unavailable);
        renderer.permits.add_permits(1);
        let picture = render().unwrap();
        renderer.permits.forget_permits(1);
        assert_eq!(render().unwrap(), picture, "cached images need no permit");
    }
}
