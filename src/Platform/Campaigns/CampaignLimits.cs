namespace Relay.Platform.Campaigns;

/// <summary>Bounds of campaigns; docs/api/campaigns.md shows them.</summary>
public static class CampaignLimits
{
    public const int DefaultBatchSize = 500;
    public const int MaxBatchSize = 100_000;
    public const int MaxBatchWindowMinutes = 7 * 24 * 60;
    public const int MaxNameLength = 200;
    public const int MaxPreviewLength = 500;
    public const int MaxContentLength = 1024 * 1024;
    public const int MaxAddresses = 10;
    public const int PageSize = 30;
    public const int MaxSearchLength = 200;

    /// <summary>Of an account, whatever their state.</summary>
    public const int MaxCampaigns = 10_000;

    /// <summary>Test copies of one request.</summary>
    public const int MaxTests = 10;

    /// <summary>Contacts looked through for merge errors in one request.</summary>
    public const int MaxChecked = 200_000;

    /// <summary>Merge errors told one by one.</summary>
    public const int MaxErrors = 100;

    /// <summary>Messages queued in one transaction.</summary>
    public const int Piece = 100;
}
