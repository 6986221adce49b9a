-- 0015: clients that are known by a certificate (mTLS), which a proxy in front has seen.
ALTER TABLE client ADD COLUMN cert_sha256 BLOB CHECK (length(cert_sha256) = 32); -- of its DER
ALTER TABLE client ADD COLUMN cert_until_ms INTEGER; -- when it ends by its own word
