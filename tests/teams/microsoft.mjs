// Microsoft's own judgement of who signed a request: the validator of the Bot Framework SDK, as a bot that is built on it
// would ask it.
import { createRequire } from 'node:module';

const { AuthenticationConstants, ChannelValidation, JwtTokenValidation, SimpleCredentialProvider } =
  createRequire(import.meta.url)('botframework-connector');

export class Microsoft {
  /** For the bot with this app id, with keys from this metadata document alone, and at this time, if it is not now. */
  constructor(app, metadata, second) {
    this.credentials = new SimpleCredentialProvider(app, '');
    this.metadata = metadata;
    this.second = second;
    AuthenticationConstants.ToBotFromEmulatorOpenIdMetadataUrl = metadata;
  }

  /** Why it refuses an activity with this header `Authorization`; nothing if it takes it. */
  async refuses(authorization, activity) {
    const { error } = console;
    console.error = () => {}; // it says there what it throws
    // The same for all validators of a process.
    ChannelValidation.OpenIdMetadataEndpoint = this.metadata;
    ChannelValidation.ToBotFromChannelTokenValidationParameters.clockTimestamp = this.second;
    try {
      await JwtTokenValidation.authenticateRequest(activity, authorization, this.credentials, '');
      return undefined;
    } catch (refusal) {
      return refusal.message || 'refused';
    } finally {
      console.error = error;
    }
  }
}
