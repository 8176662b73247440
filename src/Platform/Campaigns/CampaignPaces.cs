using System.Collections.Concurrent;

namespace Relay.Platform.Campaigns;

/// <summary>How fast campaigns went of late, and what holds each back. In memory. Thread safe.</summary>
internal sealed class CampaignPaces(TimeProvider time)
{
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<long, Track> _tracks = new();

    public void Note(Campaign campaign, CampaignPace pace) =>
        _tracks.GetOrAdd(campaign.Id, _ => new Track()).Add(time.GetUtcNow(), campaign.Progress.Expanded, pace);

    public void Forget(long campaignId) => _tracks.TryRemove(campaignId, out _);

    /// <summary>Contacts a minute over the last minutes; null when nothing is known.</summary>
    public double? PerMinute(long campaignId) => _tracks.TryGetValue(campaignId, out var track) ? track.PerMinute(time.GetUtcNow()) : null;

    public CampaignPace? Of(long campaignId) => _tracks.TryGetValue(campaignId, out var track) ? track.Pace : null;

    private sealed class Track
    {
        private readonly Lock _gate = new();
        private readonly Queue<(DateTimeOffset At, long Expanded)> _samples = new();
        private CampaignPace _pace = CampaignPace.Going;

        public CampaignPace Pace
        {
            get
            {
                lock (_gate)
                {
                    return _pace;
                }
            }
        }

        public void Add(DateTimeOffset now, long expanded, CampaignPace pace)
        {
            lock (_gate)
            {
                _pace = pace;

                // A sample a second is enough.
                if (_samples.Count < 2 || now - _samples.Last().At >= TimeSpan.FromSeconds(1))
                {
                    _samples.Enqueue((now, expanded));
                }

                while (_samples.Count > 2 && now - _samples.Peek().At > Span)
                {
                    _samples.Dequeue();
                }
            }
        }

        public double? PerMinute(DateTimeOffset now)
        {
            lock (_gate)
            {
                return _samples.TryPeek(out var first) && now > first.At && _samples.Last().Expanded > first.Expanded
                    ? (_samples.Last().Expanded - first.Expanded) / (now - first.At).TotalMinutes
                    : null;
            }
        }
    }
}
