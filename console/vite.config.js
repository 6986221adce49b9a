// Builds the console into dist/ with fixed names: the server embeds exactly these files.
import { defineConfig } from 'vite';

export default defineConfig({
    base: '/',
    server: {
        host: '127.0.0.1',
        proxy: { '/api': process.env.ASSAY_URL ?? 'http://127.0.0.1:8080' },
    },
    build: {
        target: 'chrome111',
        modulePreload: false,
        assetsInlineLimit: 0,
        sourcemap: false,
        rolldownOptions: {
            output: {
                entryFileNames: 'assets/console.js',
                chunkFileNames: 'assets/[name].js',
                assetFileNames: 'assets/console[extname]',
                codeSplitting: false,
            },
        },
    },
});
