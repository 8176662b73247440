using Relay.Platform.Webhooks;
using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class WebhookSignerTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_614_265_330_123);

    [Fact]
    public void Signs_as_the_standard_webhooks_libraries_do()
    {
        // The example all libraries of that specification are tested with.
        var signature = WebhookSigner.Standard(Secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", """{"test": 2432232314}"""u8);

        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
    }

    [Fact]
    public void Signs_as_the_client_library_verifies()
    {
        // createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")
        var signature = WebhookSigner.Library(Secret, "1614265330123", """{"test": 2432232314}"""u8);

        Assert.Equal("v1=c29b7a4feff7191ee68a473cd75189622479fda0a46ea2c702973e953c2b6f6a", signature);
    }

    [Fact]
    public void Sends_both_forms_side_by_side_with_their_own_clocks()
    {
        var call = new WebhookCall(Guid.CreateVersion7(Now), Guid.CreateVersion7(Now), "email.sent", "{}"u8.ToArray());

        var headers = WebhookSigner.Headers(call, [Secret], Now).ToDictionary();

        Assert.Equal(PublicId.Text(call.EventUid), headers["webhook-id"]);
        Assert.Equal("1614265330", headers["webhook-timestamp"]);
        Assert.Equal(WebhookSigner.Standard(Secret, headers["webhook-id"], "1614265330", "{}"u8), headers["webhook-signature"]);
        Assert.Equal("1614265330123", headers["X-UseSend-Timestamp"]);
        Assert.Equal(WebhookSigner.Library(Secret, "1614265330123", "{}"u8), headers["X-UseSend-Signature"]);
        Assert.Equal("email.sent", headers["X-UseSend-Event"]);
        Assert.Equal(PublicId.Text(call.DeliveryUid), headers["X-UseSend-Call"]);
    }

    [Fact]
    public void Signs_with_every_secret_in_force_and_the_newest_first()
    {
        var call = new WebhookCall(Guid.CreateVersion7(Now), Guid.CreateVersion7(Now), "email.sent", "{}"u8.ToArray());
        var other = WebhookSecrets.Generate();

        var headers = WebhookSigner.Headers(call, [other, Secret], Now).ToDictionary();

        var id = headers["webhook-id"];
        Assert.Equal(
            $"{WebhookSigner.Standard(other, id, "1614265330", "{}"u8)} {WebhookSigner.Standard(Secret, id, "1614265330", "{}"u8)}",
            headers["webhook-signature"]);
        Assert.Equal(WebhookSigner.Library(other, "1614265330123", "{}"u8), headers["X-UseSend-Signature"]);
    }

    [Fact]
    public void Makes_secrets_of_32_bytes_that_never_repeat()
    {
        var secret = WebhookSecrets.Generate();

        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(secret["whsec_".Length..]).Length);
        Assert.NotEqual(secret, WebhookSecrets.Generate());
    }

    [Fact]
    public void A_sealed_secret_opens_for_its_own_webhook_only()
    {
        var secrets = new WebhookSecrets(KeyRing.Parse(KeyRing.CreateText()));
        var webhook = new Webhook
        {
            Uid = Guid.NewGuid(),
            AccountId = 1,
            Url = new Uri("https://hooks.example.com/"),
            SealedSecret = secrets.SealSecret(Guid.NewGuid(), Secret),
            CreatedAt = Now,
            UpdatedAt = Now,
        };

        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => secrets.OpenSecrets(webhook, Now));
        Assert.Equal([Secret], secrets.OpenSecrets(webhook with { SealedSecret = secrets.SealSecret(webhook.Uid, Secret) }, Now));
    }

    [Fact]
    public void The_old_secret_goes_out_of_force_when_its_time_is_over()
    {
        var secrets = new WebhookSecrets(KeyRing.Parse(KeyRing.CreateText()));
        var uid = Guid.NewGuid();
        var webhook = new Webhook
        {
            Uid = uid,
            AccountId = 1,
            Url = new Uri("https://hooks.example.com/"),
            SealedSecret = secrets.SealSecret(uid, "whsec_bmV3"),
            SealedPreviousSecret = secrets.SealSecret(uid, "whsec_b2xk"),
            PreviousSecretUntil = Now.AddHours(24),
            CreatedAt = Now,
            UpdatedAt = Now,
        };

        Assert.Equal(["whsec_bmV3", "whsec_b2xk"], secrets.OpenSecrets(webhook, Now.AddHours(23)));
        Assert.Equal(["whsec_bmV3"], secrets.OpenSecrets(webhook, Now.AddHours(24)));
    }
}
