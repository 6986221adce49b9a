// Starts the console.
import { render } from 'preact';
import { App } from './app.tsx';
import { installGlobalKeys } from './global.ts';
import { followAddress, guardPage, start, trackWork } from './session.ts';
import { state } from './state.ts';
import { uploadWork } from './upload.ts';
import './styles/base.css';
import './styles/screens.css';
import './styles/assess.css';
import './styles/narrow.css';

const root = document.getElementById('app');
if (root === null) throw new Error('the page has no #app');

installGlobalKeys();
guardPage();
trackWork(uploadWork);
addEventListener('hashchange', followAddress);
setInterval(() => {
    state.nowMs.value = Date.now();
}, 1000);
render(<App />, root);
void start();
