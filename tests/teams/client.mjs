// The Playground's page, as somebody uses it.

const PATIENCE = 30_000;

export class Client {
  constructor(page, pictures) {
    this.page = page;
    this.pictures = pictures;
  }

  static async open(browser, address, pictures) {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(PATIENCE);
    // Its fonts are elsewhere, and nothing but this machine is to be reached.
    await page.route((url) => url.hostname !== 'localhost', (route) => route.abort());
    await page.goto(address, { waitUntil: 'domcontentloaded' });
    await page.getByText('Connected.').first().waitFor();
    return new Client(page, pictures);
  }

  /** Goes to a chat or a channel. */
  async opens(name) {
    const labelled = this.page.locator(`button[aria-label="${name}"]`);
    const found = (await labelled.count()) ? labelled.first() : this.page.getByText(name, { exact: true }).first();
    await found.click();
    await this.page.locator('[contenteditable=true]').first().waitFor();
  }

  /** Sends a text in a chat. */
  async says(text) {
    await this.page.locator('[contenteditable=true]').first().click();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** Posts a text in a channel, behind a mention of the bot. */
  async mentions(text) {
    const start = this.page.getByRole('button', { name: /start a post|new post|new conversation/i }).first();
    if (await start.count()) await start.click();
    await this.page.locator('[contenteditable=true]').first().click();
    await this.page.keyboard.type('@Test', { delay: 60 });
    await this.page.getByText('Test Bot', { exact: true }).first().click();
    await this.page.keyboard.type(` ${text}`, { delay: 20 });
    await this.page.getByRole('button', { name: 'Post' }).first().click();
  }

  /** The latest button that says this. */
  async presses(label) {
    await this.page.getByRole('button', { name: label, exact: true }).last().click();
  }

  async sees(text) {
    await this.page.getByText(text).last().waitFor();
  }

  count(label) {
    return this.page.getByRole('button', { name: label, exact: true }).count();
  }

  text() {
    return this.page.evaluate(() => document.body.innerText);
  }

  async picture(name) {
    await this.page.screenshot({ path: `${this.pictures}/${name}.png` });
  }
}
