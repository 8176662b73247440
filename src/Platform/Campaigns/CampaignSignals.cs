using Relay.Platform.Contacts;

namespace Relay.Platform.Campaigns;

/// <summary>Wakes the runner when there may be something to do.</summary>
internal sealed class CampaignSignals : WakeSignal;
