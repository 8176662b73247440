using static Relay.Admin.AdminExamples;

namespace Relay.Admin;

internal static class SenderExamples
{
    private static readonly LimitsRequest Limits = new(null, 5_000, 50_000, null, null, null, null);

    private static readonly LimitsRequest AccountLimits = new(20, 5_000, 50_000, null, null, null, 100_000);

    public static readonly CertificateRequest Certificate = new("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");

    public static readonly PrivacyJobAnswer Erasure = new("0195f0c4-6f3e-7c1a-9a57-2f4f5f0d9e13", "address-erasure", "succeeded", 100, 14, null, At(9, 44), At(9, 44, 1), At(9, 44).AddDays(7));

    public static readonly PrivacyJobAnswer Export = Erasure with { Kind = "address-export", Status = "pending", Progress = 0, Processed = 0, FinishedAt = null };

    public static IEnumerable<object> All =>
    [
        new AccountRequest("shop"),
        new AccountAnswer(2, "shop", At(7, 0), null, "Europe/Vienna", AccountLimits),
        new ZoneRequest("Europe/Vienna"),
        Limits,
        new UserRequest("app", null, ["example.com"], ["192.0.2.0/24"]),
        new UserCreated("app", "k3Wm-shown-once-9Qz"),
        new PasswordRequest("correct horse battery staple"),
        new DefaultsRequest("transactional", ["receipt"]),
        Certificate,
        new CredentialAnswer(
            "app", "smtp", ["example.com"], ["192.0.2.0/24"], [Certificate.Certificate!], Limits, new DefaultsRequest("transactional", ["receipt"]), At(7, 5), null, null, At(9, 30)),
        new KeyRequest("shop-backend", "send", "shop", ["example.com"], ["192.0.2.0/24"], At(0, 0).AddYears(1)),
        new KeyCreated("shop-backend", "send", "rk_shown-once"),
        new KeyAnswer(9, "shop-backend", "shop", "rk_3fGh", "send", ["example.com"], ["192.0.2.0/24"], Limits, At(7, 10), At(0, 0).AddYears(1), null, At(9, 31)),
        new TokenRequest("night-shift", "operate", null),
        new TokenCreated("night-shift", "operate", "rt_shown-once"),
        new TokenAnswer("night-shift", "operate", "rt_7aBc", At(7, 15), null, At(9, 40)),
        new TokenRotated("/var/lib/relay/admin.token"),
        new ActorAnswer("night-shift", "operate"),
        new PrivacyRequestBody("joe@example.net", "shop"),
    ];
}
