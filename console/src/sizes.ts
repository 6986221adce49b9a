// Sizes in words: decimal units, three figures.
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

export function sizeWords(bytes: number): string {
    let value = bytes;
    let unit = 0;
    while (value >= 999.5 && unit < UNITS.length - 1) {
        value /= 1000;
        unit++;
    }
    const digits = unit === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
    return `${value.toFixed(digits)}\u00a0${UNITS[unit]}`;
}
