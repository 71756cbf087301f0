"""Money: exact decimals beside an ISO 4217 code, with as many digits as the currency's minor unit has.

Source: ISO 4217, list one (current currencies; SIX Financial Information AG, https://www.six-group.com). Left out are
the codes that no price is written in: precious metals, testing, bond market units, SDR, and the two funds with four
digits (CLF, UYW), which the columns' three decimals could not hold.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

DIGITS = {
    code: digits
    for digits, codes in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
        2: """
            AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
            COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
            IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR
            MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG
            SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES
            WST XCD XCG YER ZAR ZMW ZWG
        """,
        3: "BHD IQD JOD KWD LYD OMR TND",
    }.items()
    for code in codes.split()
}
"""Currency code → digits after the decimal point."""


def is_currency(code: str) -> bool:
    """Whether `code` is a currency that prices can be in."""
    return code in DIGITS


def rounded(amount: Decimal, currency: str) -> Decimal:
    """`amount` to the currency's minor unit, half away from zero, as tax law and till receipts round."""
    return amount.quantize(Decimal(1).scaleb(-DIGITS[currency]), rounding=ROUND_HALF_UP)


def fits(amount: Decimal, currency: str) -> bool:
    """Whether `amount` is a whole number of the currency's minor units: 12.905 is none of EUR, 12.90 and 12.9 are."""
    return amount == rounded(amount, currency)


def money(amount: Decimal, currency: str) -> str:
    """`amount` as the API writes it: "12.90" EUR, "1290" JPY, "12.900" KWD. Raises ValueError if a part would be lost.

    What is not in whole minor units must go through `rounded` first, where the rule for the rounding is known.
    """
    exact = rounded(amount, currency)
    if exact != amount:
        raise ValueError(f"{amount} {currency} is not in whole minor units.")
    return f"{abs(exact) if exact == 0 else exact:f}"
