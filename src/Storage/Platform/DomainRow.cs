using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Storage;

/// <summary>Between a row of sending_domain and its entity; both in the order of the store's column list.</summary>
internal static class DomainRow
{
    public static SqliteStatement Bind(SqliteStatement insert, DomainEntry entry)
    {
        var (domain, records) = (entry.Domain, entry.Records);
        return insert.Bind(domain.Id)
            .Bind(domain.Uid.ToByteArray(bigEndian: true).AsSpan())
            .Bind(domain.AccountId)
            .Bind(domain.Name.Ascii)
            .Bind(domain.Region)
            .Bind((long)domain.Status)
            .Bind(entry.IsTrusted)
            .Bind(domain.ClickTracking)
            .Bind(domain.OpenTracking)
            .Bind(entry.Token)
            .Bind(entry.RsaKey.Selector)
            .Bind(entry.RsaKey.Record)
            .Bind(entry.Ed25519Key.Selector)
            .Bind(entry.Ed25519Key.Record)
            .Bind((long)records.Ownership)
            .Bind((long)records.Rsa)
            .Bind((long)records.Ed25519)
            .Bind((long)records.ReturnPath)
            .Bind((long)records.Spf)
            .Bind((long)records.Dmarc)
            .Bind((long)records.Tracking)
            .Bind(domain.Limits.EmailsPerHour)
            .Bind(domain.Limits.EmailsPerDay)
            .Bind(entry.VerificationError)
            .Bind(entry.CheckedAt)
            .Bind(entry.NextCheckAt)
            .Bind(entry.FailingSince)
            .Bind((long)entry.Failures)
            .Bind(domain.CreatedAt)
            .Bind(domain.UpdatedAt)
            .Bind(domain.Limits.EmailsPerSecond)
            .Bind(domain.Limits.RecipientsPerSecond)
            .Bind(domain.Limits.RecipientsPerHour)
            .Bind(domain.Limits.RecipientsPerDay)
            .Bind(StoredAdvice.Write(entry.Advice))
            .Bind(entry.DriftSince)
            .Bind(StoredAdvice.Write(entry.Looks));
    }

    public static DomainEntry Read(SqliteStatement row)
    {
        var records = new RecordStatuses(
            Status(row, 14), Status(row, 15), Status(row, 16), Status(row, 17), Status(row, 18), Status(row, 19), Status(row, 20));
        return new DomainEntry
        {
            Domain = ReadDomain(row, records),
            IsTrusted = row.Bool(6),
            Token = row.Text(9),
            RsaKey = new DomainKey(row.Text(10), row.Text(11)),
            Ed25519Key = new DomainKey(row.Text(12), row.Text(13)),
            Records = records,
            VerificationError = row.NullableText(23),
            CheckedAt = row.NullableTime(24),
            NextCheckAt = row.NullableTime(25),
            FailingSince = row.NullableTime(26),
            Failures = row.Int32(27),
            Advice = StoredAdvice.Read(row.NullableText(34)),
            Looks = StoredAdvice.Read(row.NullableText(36)),
        };
    }

    private static SendingDomain ReadDomain(SqliteStatement row, RecordStatuses records)
    {
        var name = DomainName.Parse(row.Text(3));
        return new SendingDomain
        {
            Id = row.Int64(0),
            Uid = new Guid(row.Blob(1), bigEndian: true),
            AccountId = row.Int64(2),
            Name = name,
            Region = row.Text(4),
            Status = Status(row, 5),
            ClickTracking = row.Bool(7),
            OpenTracking = row.Bool(8),
            TrackingHost = records.Tracking == DomainStatus.Success ? DomainRecords.TrackingHost(name) : null,
            Limits = new SendLimits
            {
                EmailsPerHour = (int?)row.NullableInt64(21),
                EmailsPerDay = (int?)row.NullableInt64(22),
                EmailsPerSecond = (int?)row.NullableInt64(30),
                RecipientsPerSecond = (int?)row.NullableInt64(31),
                RecipientsPerHour = (int?)row.NullableInt64(32),
                RecipientsPerDay = (int?)row.NullableInt64(33),
            },
            CreatedAt = row.Time(28),
            UpdatedAt = row.Time(29),
        };
    }

    private static DomainStatus Status(SqliteStatement row, int column) => (DomainStatus)row.Int32(column);
}
