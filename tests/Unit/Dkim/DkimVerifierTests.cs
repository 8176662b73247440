using System.Security.Cryptography;
using System.Text;
using Relay.Dkim;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DkimVerifierTests
{
    private const string Name = "e1._domainkey.example.com";

    private static readonly string PublicKey = DkimTestKeys.Ed25519.PublicRecord.Split("p=")[1];

    private static readonly DkimTestMessage Message = DkimTestMessage.Parse("From: joe@example.com\nTo: a@example.net\nSubject: s\n\none\ntwo\n");

    private readonly FixedTime _time = new(DateTimeOffset.FromUnixTimeSeconds(1000));

    [Fact]
    public async Task An_unsigned_message_has_no_results() => Assert.Empty(await VerifyAsync(Message, DkimTestKeys.Ed25519.PublicRecord));

    [Fact]
    public async Task A_signature_with_the_needed_tags_only_passes() =>
        Assert.Equal((DkimOutcome.Pass, string.Empty), await JudgeAsync("h=from", "c=simple"));

    [Theory]
    [InlineData("simple", "simple/simple")]
    [InlineData("relaxed", "relaxed/simple")]
    [InlineData("simple/relaxed", "simple/relaxed")]
    [InlineData("relaxed/relaxed", "relaxed/relaxed")]
    public async Task Every_pair_of_forms_passes(string written, string meant) =>
        Assert.Equal((DkimOutcome.Pass, string.Empty), await JudgeAsync("h=from:to", $"c={written}", forms: meant));

    [Theory]
    [InlineData("v=2", "v= is not 1")]
    [InlineData("h=to:subject", "From is not signed")]
    [InlineData("h=from::to", "h= has a malformed field name")]
    [InlineData("h=", "h= is empty")]
    [InlineData("c=nowsp", "c= names no known canonicalization")]
    [InlineData("c=relaxed/relaxed/relaxed", "c= names no known canonicalization")]
    [InlineData("d=exa mple..com", "d= is not a domain name")]
    [InlineData("s=", "s= is empty")]
    [InlineData("i=joe@example.org", "i= is not within d=")]
    [InlineData("i=joe@notexample.com", "i= is not within d=")]
    [InlineData("i=joe", "i= is not an identity")]
    [InlineData("a=rsa-sha1", "rsa-sha1 is no longer accepted (RFC 8301)")]
    [InlineData("t=abc", "t= is not a number")]
    [InlineData("x=-1", "x= is not a number")]
    [InlineData("l=1e3", "l= is not a number")]
    [InlineData("x=999", "signature has expired")]
    [InlineData("bh=!", "bh= is not base64")]
    public async Task A_bad_tag_is_a_permanent_error(string tag, string reason) =>
        Assert.Equal((DkimOutcome.PermError, reason), await JudgeAsync(tag));

    [Theory]
    [InlineData("a=rsa-sha512", "a= names no known algorithm")]
    [InlineData("q=http/well-known", "q= names no known query method")]
    public async Task What_a_later_standard_may_bring_is_neutral(string tag, string reason) =>
        Assert.Equal((DkimOutcome.Neutral, reason), await JudgeAsync(tag));

    [Theory]
    [InlineData("x=1000")]
    [InlineData("t=900", "x=2000")]
    [InlineData("t=99999")]
    [InlineData("i=joe@sub.example.com")]
    [InlineData("i==20joe@EXAMPLE.com")]
    [InlineData("q=other:dns/txt")]
    [InlineData("z=From:joe", "future=any value")]
    [InlineData("h=from : to:\r\n\tsubject:subject:x-absent")]
    public async Task A_good_tag_passes(params string[] tags) => Assert.Equal((DkimOutcome.Pass, string.Empty), await JudgeAsync(tags));

    [Theory]
    [InlineData("v")]
    [InlineData("a")]
    [InlineData("d")]
    [InlineData("s")]
    [InlineData("h")]
    [InlineData("bh")]
    [InlineData("b")]
    public async Task A_missing_tag_is_a_permanent_error(string tag) =>
        Assert.Equal((DkimOutcome.PermError, $"{tag}= is missing"), await JudgeAsync("-" + tag));

    [Theory]
    [InlineData("v=1; v=1; a=ed25519-sha256", "tag v= is given twice")]
    [InlineData("v=1; ; a=ed25519-sha256", "tag list has a malformed tag")]
    [InlineData("v=1; a", "tag list has a malformed tag")]
    [InlineData("v=1; 1a=b", "tag list has a malformed tag")]
    [InlineData("", "tag list is empty")]
    [InlineData("v=1; a=\u0001", "tag a= has a forbidden character")]
    public async Task A_malformed_list_is_a_permanent_error(string list, string reason)
    {
        var signed = Message.WithHeaders(headers => $"DKIM-Signature: {list}\r\n{headers}");

        var result = Assert.Single(await VerifyAsync(signed, DkimTestKeys.Ed25519.PublicRecord));

        Assert.Equal((DkimOutcome.PermError, reason), (result.Outcome, result.Reason));
    }

    [Fact]
    public async Task An_expiry_before_the_signing_time_is_a_permanent_error() =>
        Assert.Equal((DkimOutcome.PermError, "x= is not after t="), await JudgeAsync("t=5000", "x=4000"));

    [Fact]
    public async Task A_signed_length_lets_text_be_added_and_says_so()
    {
        var signed = Signed(["l=5"], Message).WithBody("one\r\ntwo\r\nadded\r\n");

        var result = Assert.Single(await VerifyAsync(signed, DkimTestKeys.Ed25519.PublicRecord));

        Assert.Equal(DkimOutcome.Pass, result.Outcome);
        Assert.False(result.CoversWholeBody);
    }

    [Theory]
    [InlineData("l=10", true)]
    [InlineData("l=11", false)]
    [InlineData("l=9999999999999999999999999", false)]
    public async Task A_signed_length_must_not_exceed_the_body(string tag, bool passes)
    {
        var (outcome, _) = await JudgeAsync(tag);

        Assert.Equal(passes ? DkimOutcome.Pass : DkimOutcome.Fail, outcome);
    }

    [Theory]
    [InlineData("k=ed25519; p=", "key is revoked")]
    [InlineData("k=ed25519", "key record: p= is missing")]
    [InlineData("k=ed25519; p=%%%", "key record: p= is not base64")]
    [InlineData("k=ed25519; p=AAAA", "key record: the public key is unusable")]
    [InlineData("v=DKIM2; k=ed25519; p={key}", "key record: v= is not DKIM1 or not first")]
    [InlineData("k=ed25519; v=DKIM1; p={key}", "key record: v= is not DKIM1 or not first")]
    [InlineData("k=rsa; p={key}", "key is of another type than the signature")]
    [InlineData("p={key}", "key is of another type than the signature")]
    [InlineData("k=ed25519; h=sha1; p={key}", "key does not allow SHA-256")]
    [InlineData("k=ed25519; s=tlsrpt; p={key}", "key is not for e-mail")]
    [InlineData("k=ed25519; p={key}; p={key}", "key record: tag p= is given twice")]
    [InlineData("v=spf1 -all", "key record: v= is not DKIM1 or not first")]
    public async Task A_key_record_that_does_not_fit_is_a_permanent_error(string record, string reason)
    {
        var result = Assert.Single(await VerifyAsync(Signed([], Message), record.Replace("{key}", PublicKey, StringComparison.Ordinal)));

        Assert.Equal((DkimOutcome.PermError, reason), (result.Outcome, result.Reason));
    }

    [Theory]
    [InlineData("k=ed25519; p={key}")]
    [InlineData("v=DKIM1;k=ed25519;p={key};")]
    [InlineData("v=DKIM1; k=ed25519; h=sha1:sha256; s=tlsrpt:email; n=a note; g=*; p={key}")]
    public async Task A_key_record_that_fits_passes(string record)
    {
        var result = Assert.Single(await VerifyAsync(Signed([], Message), record.Replace("{key}", PublicKey, StringComparison.Ordinal)));

        Assert.Equal((DkimOutcome.Pass, string.Empty), (result.Outcome, result.Reason));
    }

    [Theory]
    [InlineData("i=joe@example.com", DkimOutcome.Pass)]
    [InlineData("i=joe@sub.example.com", DkimOutcome.PermError)]
    public async Task A_strict_key_demands_the_same_domain(string identity, DkimOutcome outcome)
    {
        var result = Assert.Single(await VerifyAsync(Signed([identity], Message), $"k=ed25519; t=y:s; p={PublicKey}"));

        Assert.Equal(outcome, result.Outcome);
        Assert.True(result.IsTesting);
    }

    [Fact]
    public async Task A_short_RSA_key_is_refused()
    {
        using var rsa = RSA.Create(768);
        var record = "v=DKIM1; p=" + Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo());
        var signed = Message.Prepend(new DkimSigner().Sign(Message.Headers, Message.Body, [DkimTestKeys.Rsa], DateTimeOffset.UnixEpoch));

        var result = Assert.Single(await VerifyAsync(signed, FixedKeyLookup.One(DkimTestKeys.Rsa.RecordName, record)));

        Assert.Equal((DkimOutcome.PermError, "key record: RSA key of 768 bits is refused (RFC 8301)"), (result.Outcome, result.Reason));
    }

    [Fact]
    public async Task A_bare_RSA_public_key_is_read_too()
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(Convert.FromBase64String(DkimTestKeys.Rsa.PublicRecord.Split("p=")[1]), out _);
        var record = "p=" + Convert.ToBase64String(rsa.ExportRSAPublicKey());
        var signed = Message.Prepend(new DkimSigner().Sign(Message.Headers, Message.Body, [DkimTestKeys.Rsa], DateTimeOffset.UnixEpoch));

        var result = Assert.Single(await VerifyAsync(signed, FixedKeyLookup.One(DkimTestKeys.Rsa.RecordName, record)));

        Assert.Equal(DkimOutcome.Pass, result.Outcome);
    }

    [Fact]
    public async Task No_answer_for_now_is_a_temporary_error()
    {
        var result = Assert.Single(await VerifyAsync(Signed([], Message), new AnsweringKeyLookup(DkimKeyAnswer.TemporaryFailure)));

        Assert.Equal(DkimOutcome.TempError, result.Outcome);
    }

    [Fact]
    public async Task No_record_is_a_permanent_error()
    {
        var result = Assert.Single(await VerifyAsync(Signed([], Message), new AnsweringKeyLookup(DkimKeyAnswer.None)));

        Assert.Equal((DkimOutcome.PermError, "no key for signature"), (result.Outcome, result.Reason));
    }

    [Fact]
    public async Task One_right_record_among_several_is_enough()
    {
        var other = DkimKeyGenerator.Generate("example.com", "e1", DkimAlgorithm.Ed25519Sha256).Key.PublicRecord;
        var answer = DkimKeyAnswer.Found(["some text", other, DkimTestKeys.Ed25519.PublicRecord]);

        var result = Assert.Single(await VerifyAsync(Signed([], Message), new AnsweringKeyLookup(answer)));

        Assert.Equal(DkimOutcome.Pass, result.Outcome);
    }

    [Fact]
    public async Task A_wrong_key_fails_rather_than_errs()
    {
        var other = DkimKeyGenerator.Generate("example.com", "e1", DkimAlgorithm.Ed25519Sha256).Key.PublicRecord;

        var result = Assert.Single(await VerifyAsync(Signed([], Message), new AnsweringKeyLookup(DkimKeyAnswer.Found(["some text", other]))));

        Assert.Equal((DkimOutcome.Fail, "signature does not verify"), (result.Outcome, result.Reason));
    }

    [Fact]
    public async Task Only_the_first_signatures_are_checked_and_each_key_is_fetched_once()
    {
        var field = new DkimSigner().Sign(Message.Headers, Message.Body, [DkimTestKeys.Ed25519], DateTimeOffset.UnixEpoch);
        var signed = Message.Prepend([.. Enumerable.Repeat(field, 12).SelectMany(octets => octets)]);
        var lookup = FixedKeyLookup.One(Name, DkimTestKeys.Ed25519.PublicRecord);

        var results = await VerifyAsync(signed, lookup);

        Assert.Equal(1, lookup.Lookups);
        Assert.Equal(10, results.Count(result => result.Outcome == DkimOutcome.Pass));
        Assert.Equal(2, results.Count(result => result.Outcome == DkimOutcome.Neutral));
    }

    [Fact]
    public async Task A_changed_body_needs_no_lookup()
    {
        var lookup = FixedKeyLookup.One(Name, DkimTestKeys.Ed25519.PublicRecord);

        var result = Assert.Single(await VerifyAsync(Signed([], Message).WithBody("other"), lookup));

        Assert.Equal((DkimOutcome.Fail, "body hash does not verify"), (result.Outcome, result.Reason));
        Assert.Equal(0, lookup.Lookups);
    }

    [Fact]
    public async Task A_signature_that_ends_in_the_middle_of_the_field_is_cut_out_exactly()
    {
        // b= first, with folding inside: all of it, and nothing more, is left out of the hash.
        var signed = Signed([], Message, fold: value => $"\r\n\t{value[..10]} \r\n {value[10..]} \r\n\t");

        Assert.Equal(DkimOutcome.Pass, Assert.Single(await VerifyAsync(signed, DkimTestKeys.Ed25519.PublicRecord)).Outcome);
    }

    private async Task<(DkimOutcome Outcome, string Reason)> JudgeAsync(params string[] tags) => await JudgeAsync(tags, "relaxed/simple");

    private async Task<(DkimOutcome Outcome, string Reason)> JudgeAsync(string first, string second, string forms) =>
        await JudgeAsync([first, second], forms);

    private async Task<(DkimOutcome Outcome, string Reason)> JudgeAsync(string[] tags, string forms)
    {
        var result = Assert.Single(await VerifyAsync(Signed(tags, Message, forms: forms), DkimTestKeys.Ed25519.PublicRecord));
        return (result.Outcome, result.Reason);
    }

    /// <summary>A signer that signs whatever it is told; <c>-x</c> leaves a tag out.</summary>
    private static DkimTestMessage Signed(string[] changes, DkimTestMessage message, string forms = "relaxed/simple", Func<string, string>? fold = null)
    {
        var tags = new List<KeyValuePair<string, string>>
        {
            new("b", "AAAA"), new("v", "1"), new("a", "ed25519-sha256"), new("c", forms), new("d", "example.com"), new("s", "e1"),
            new("h", "from:to"), new("bh", string.Empty),
        };
        var length = changes.FirstOrDefault(change => change.StartsWith("l=", StringComparison.Ordinal))?[2..];
        tags[7] = new("bh", BodyHash(message, forms, long.TryParse(length, out var limit) ? limit : null));
        foreach (var change in changes)
        {
            var parts = change.Split('=', 2);
            tags.RemoveAll(tag => tag.Key == parts[0].TrimStart('-'));
            if (change[0] != '-')
            {
                tags.Add(new(parts[0], parts[1]));
            }
        }

        string Field(string signature) => "DKIM-Signature: "
            + string.Join("; ", tags.Select(tag => tag.Key + "=" + (tag.Key == "b" ? signature : tag.Value))) + "\r\n";

        var signature = Convert.ToBase64String(DkimTestKeys.Ed25519.SignHash(HeaderHash(Encoding.Latin1.GetBytes(Field("AAAA")), message)));
        return message.Prepend(Encoding.Latin1.GetBytes(Field(fold is null ? signature : fold(signature))));
    }

    private static string BodyHash(DkimTestMessage message, string forms, long? limit)
    {
        var form = forms.EndsWith("/relaxed", StringComparison.Ordinal) ? DkimCanonicalization.Relaxed : DkimCanonicalization.Simple;
        using var canonicalizer = new BodyCanonicalizer(form, limit);
        canonicalizer.Append(message.Body);
        var hash = new byte[32];
        canonicalizer.Finish(hash);
        return Convert.ToBase64String(hash);
    }

    private static byte[] HeaderHash(byte[] field, DkimTestMessage message)
    {
        byte[] headers = [.. field, .. message.Headers];
        var fields = new List<HeaderFieldSpan>();
        var scanner = new HeaderFieldScanner(headers);
        while (scanner.MoveNext(out var span))
        {
            fields.Add(span);
        }

        return DkimSignatureField.TryParse(field, out var parsed, out _) ? DkimHeaderHash.Compute(headers, fields, 0, parsed) : new byte[32];
    }

    private Task<IReadOnlyList<DkimResult>> VerifyAsync(DkimTestMessage message, string record) =>
        VerifyAsync(message, FixedKeyLookup.One(Name, record));

    private async Task<IReadOnlyList<DkimResult>> VerifyAsync(DkimTestMessage message, IDkimKeyLookup lookup) =>
        await new DkimVerifier(lookup, _time).VerifyAsync(message.Headers, new MemoryStream(message.Body), CancellationToken.None);

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
